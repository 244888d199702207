package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fixture.Topology;

class BroadcastTest extends BroadcastRules {

    @Override
    Topology topology() {
        return Topology.single();
    }
}
