package io.flowhub.ephemeral.server.otp;

import java.io.IOException;

class RacesOnClusterTest extends Races {

    @Override
    Backend open() throws IOException {
        return Backend.cluster();
    }
}
