package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fixture.Topology;

class BroadcastBrokerTest extends BroadcastContractTest {

    @Override
    Topology topology() {
        return Topology.single();
    }
}
