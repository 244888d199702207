package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Topology;

class TypingTest extends TypingRules {

    @Override
    Topology open() {
        return Topology.single();
    }
}
