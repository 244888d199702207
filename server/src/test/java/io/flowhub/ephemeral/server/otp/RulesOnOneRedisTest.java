package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Topology;

class RulesOnOneRedisTest extends OtpContractTest {

    @Override
    Topology open() {
        return Topology.single();
    }
}
