package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class SessionFlagOnClusterTest extends SessionFlagContractTest {

    @Override
    Topology topology() throws IOException {
        return Topology.cluster();
    }
}
