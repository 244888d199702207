package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.fixture.Topology;

class CacheStoreTest extends CacheContractTest {

    @Override
    Topology topology() {
        return Topology.single();
    }
}
