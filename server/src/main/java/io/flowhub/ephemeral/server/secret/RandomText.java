package io.flowhub.ephemeral.server.secret;

import java.security.SecureRandom;
import java.util.Base64;

/** Unpredictable text. */
public final class RandomText {

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Returns this many random bytes as base64url without padding: 43 characters for 32 bytes. */
    public static String of(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    private RandomText() {}
}
