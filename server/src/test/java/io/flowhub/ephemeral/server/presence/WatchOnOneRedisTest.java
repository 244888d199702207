package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Topology;

class WatchOnOneRedisTest extends WatchPresenceContractTest {

    @Override
    Topology open() {
        return Topology.single();
    }
}
