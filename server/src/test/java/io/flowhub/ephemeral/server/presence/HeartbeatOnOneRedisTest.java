package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Topology;

class HeartbeatOnOneRedisTest extends HeartbeatContractTest {

    @Override
    Topology open() {
        return Topology.single();
    }
}
