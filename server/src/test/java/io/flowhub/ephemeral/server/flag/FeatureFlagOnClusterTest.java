package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class FeatureFlagOnClusterTest extends FeatureFlagRules {

    @Override
    Topology topology() throws IOException {
        return Topology.cluster();
    }
}
