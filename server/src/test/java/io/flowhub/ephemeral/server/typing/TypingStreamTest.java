package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Topology;

class TypingStreamTest extends WatchRules {

    @Override
    Topology open() {
        return Topology.single();
    }
}
