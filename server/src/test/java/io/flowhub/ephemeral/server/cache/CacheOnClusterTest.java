package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class CacheOnClusterTest extends CacheContractTest {

    @Override
    Topology topology() throws IOException {
        return Topology.cluster();
    }
}
