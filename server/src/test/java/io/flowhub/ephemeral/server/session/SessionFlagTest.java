package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.fixture.Topology;

class SessionFlagTest extends SessionFlagContractTest {

    @Override
    Topology topology() {
        return Topology.single();
    }
}
