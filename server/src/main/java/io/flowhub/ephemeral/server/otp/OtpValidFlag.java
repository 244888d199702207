package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.secret.Sha256;

/** The value of the otp_valid flag. A backend can compute it too, and so consume the flag of its own session only. */
final class OtpValidFlag {

    private static final String UNBOUND = "1";

    /** Returns {@code 1} without a binding, else the SHA-256 of the binding in base64url without padding. */
    static String value(String sessionBinding) {
        return sessionBinding.isEmpty() ? UNBOUND : Sha256.ofText(sessionBinding);
    }

    private OtpValidFlag() {}
}
