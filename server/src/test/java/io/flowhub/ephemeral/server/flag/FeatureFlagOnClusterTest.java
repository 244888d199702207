package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class FeatureFlagOnClusterTest extends FeatureFlagContractTest {

    @Override
    Topology topology() throws IOException {
        return Topology.cluster();
    }
}
