package io.flowhub.ephemeral.server.otp;

import java.io.IOException;

class RulesOnOneRedisTest extends Rules {

    @Override
    Backend open() throws IOException {
        return Backend.one();
    }
}
