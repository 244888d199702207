package io.flowhub.ephemeral.server.otp;

import java.io.IOException;

class SendsOnOneRedisTest extends Sends {

    @Override
    Backend open() throws IOException {
        return Backend.one();
    }
}
