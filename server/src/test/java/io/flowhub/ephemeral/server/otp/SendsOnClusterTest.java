package io.flowhub.ephemeral.server.otp;

import java.io.IOException;

class SendsOnClusterTest extends Sends {

    @Override
    Backend open() throws IOException {
        return Backend.cluster();
    }
}
