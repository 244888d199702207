package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Topology;
import java.io.IOException;

class RulesOnClusterTest extends OtpContractTest {

    @Override
    Topology open() throws IOException {
        return Topology.cluster();
    }
}
