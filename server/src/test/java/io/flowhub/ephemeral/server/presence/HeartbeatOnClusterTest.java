package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class HeartbeatOnClusterTest extends HeartbeatContractTest {

    @Override
    Topology open() throws IOException {
        return Topology.cluster();
    }
}
