package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Topology;

class SendsOnOneRedisTest extends OtpIssueLimitContractTest {

    @Override
    Topology open() {
        return Topology.single();
    }
}
