package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

/** The same on the oldest Redis that is supported. */
class HeartbeatOnBundledRedisTest extends HeartbeatContractTest {

    @Override
    Topology open() throws IOException {
        return Topology.bundled();
    }
}
