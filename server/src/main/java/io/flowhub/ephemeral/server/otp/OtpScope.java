package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.redis.KeyNames;

/**
 * Who needs a code, what for, and in which session. A code is good for the same claim only.
 *
 * @param purpose may be empty
 * @param sessionBinding empty if not tied to a session
 */
record OtpScope(String userId, String purpose, String sessionBinding) {

    private static final String FLAG = "otp_valid";

    /** The code. */
    String key() {
        return KeyNames.otp(userId);
    }

    /** Failures and issues, which outlive each code. */
    String guardKey() {
        return KeyNames.beside(key(), "guard");
    }

    /** The results of the attempts with this request id. */
    String resultKey(String requestId) {
        return KeyNames.beside(key(), "result:" + requestId);
    }

    /** The session flag that a right code sets. */
    String markerKey() {
        return KeyNames.session(userId, FLAG);
    }

    @Override
    public String toString() {
        return "Claim[userId=" + userId + ", purpose=" + purpose + "]"; // the binding may be a session's secret
    }
}
