package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Topology;

class WatchTest extends WatchRules {

    @Override
    Topology open() {
        return Topology.single();
    }
}
