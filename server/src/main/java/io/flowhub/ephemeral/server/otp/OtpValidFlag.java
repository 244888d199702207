package io.flowhub.ephemeral.server.otp;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The value of the session flag {@code otp_valid}: a backend can make it too, and so ask for the flag of its session. */
final class OtpValidFlag {

    private static final String UNBOUND = "1";

    /** {@code 1} without a binding, else its SHA-256 in base64url without padding. */
    static String of(String sessionBinding) {
        if (sessionBinding.isEmpty()) {
            return UNBOUND;
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(sessionBinding.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private OtpValidFlag() {}
}
