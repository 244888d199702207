package io.flowhub.ephemeral.server.otp;

import java.io.IOException;

class RacesOnOneRedisTest extends Races {

    @Override
    Backend open() throws IOException {
        return Backend.one();
    }
}
