package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class WatchOnClusterTest extends WatchTypingContractTest {

    @Override
    Topology open() throws IOException {
        return Topology.cluster();
    }
}
