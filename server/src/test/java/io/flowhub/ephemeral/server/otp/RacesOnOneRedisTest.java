package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Topology;

class RacesOnOneRedisTest extends OtpRaceContractTest {

    @Override
    Topology open() {
        return Topology.single();
    }
}
