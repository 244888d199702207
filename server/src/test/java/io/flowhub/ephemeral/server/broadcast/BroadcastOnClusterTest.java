package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class BroadcastOnClusterTest extends BroadcastContractTest {

    @Override
    Topology topology() throws IOException {
        return Topology.cluster();
    }
}
