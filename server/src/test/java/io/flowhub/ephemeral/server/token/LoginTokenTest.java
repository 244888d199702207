package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.fixture.Topology;

class LoginTokenTest extends LoginTokenContractTest {

    @Override
    Topology topology() {
        return Topology.single();
    }
}
