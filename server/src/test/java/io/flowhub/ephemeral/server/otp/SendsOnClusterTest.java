package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class SendsOnClusterTest extends OtpIssueLimitContractTest {

    @Override
    Topology open() throws IOException {
        return Topology.cluster();
    }
}
