package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.fixture.Topology;

class FeatureFlagTest extends FeatureFlagRules {

    @Override
    Topology topology() {
        return Topology.single();
    }
}
