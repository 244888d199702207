package io.flowhub.ephemeral.server.otp;

import java.io.IOException;

class RulesOnClusterTest extends Rules {

    @Override
    Backend open() throws IOException {
        return Backend.cluster();
    }
}
