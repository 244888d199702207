package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Topology;

class WatchOnOneRedisTest extends WatchRules {

    @Override
    Topology open() {
        return Topology.single();
    }
}
