package io.flowhub.ephemeral.server.otp;

/**
 * Who needs a code, what for, and in which session. A code is good for the same claim only.
 *
 * @param purpose may be empty
 * @param sessionBinding empty if not tied to a session
 */
record OtpScope(String userId, String purpose, String sessionBinding) {

    /** The code. */
    String key() {
        return OtpKeys.code(userId);
    }

    /** Failures and issues, which outlive each code. */
    String guardKey() {
        return OtpKeys.guard(userId);
    }

    /** The results of the attempts with this request id. */
    String resultKey(String requestId) {
        return OtpKeys.result(userId, requestId);
    }

    /** The session flag that a right code sets. */
    String markerKey() {
        return OtpKeys.otpValidFlag(userId);
    }

    @Override
    public String toString() {
        return "Claim[userId=" + userId + ", purpose=" + purpose + "]"; // the binding may be a session's secret
    }
}
