package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Topology;

class TypingStreamTest extends WatchTypingContractTest {

    @Override
    Topology open() {
        return Topology.single();
    }
}
