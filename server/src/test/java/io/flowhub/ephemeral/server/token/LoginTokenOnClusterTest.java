package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class LoginTokenOnClusterTest extends LoginTokenContractTest {

    @Override
    Topology topology() throws IOException {
        return Topology.cluster();
    }
}
