package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.fixture.Topology;

class FeatureFlagTest extends FeatureFlagContractTest {

    @Override
    Topology topology() {
        return Topology.single();
    }
}
