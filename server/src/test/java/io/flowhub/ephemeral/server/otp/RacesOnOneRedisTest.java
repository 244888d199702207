package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Topology;

class RacesOnOneRedisTest extends Races {

    @Override
    Topology open() {
        return Topology.single();
    }
}
