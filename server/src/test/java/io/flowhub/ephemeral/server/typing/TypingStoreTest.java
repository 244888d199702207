package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Topology;

class TypingStoreTest extends TypingContractTest {

    @Override
    Topology open() {
        return Topology.single();
    }
}
