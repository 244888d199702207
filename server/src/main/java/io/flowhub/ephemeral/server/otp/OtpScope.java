package io.flowhub.ephemeral.server.otp;

/**
 * What a code is bound to. A code issued in one scope is invalid in any other.
 *
 * @param purpose may be empty
 * @param sessionBinding empty if not bound to a session
 */
record OtpScope(String userId, String purpose, String sessionBinding) {

    /** The key of the code. */
    String codeKey() {
        return OtpKeys.code(userId);
    }

    /** The key of the counters that outlive each code. */
    String guardKey() {
        return OtpKeys.guard(userId);
    }

    /** The key of the idempotency record of a verify request with this id. */
    String resultKey(String requestId) {
        return OtpKeys.result(userId, requestId);
    }

    /** The key of the otp_valid flag. */
    String otpValidFlagKey() {
        return OtpKeys.otpValidFlag(userId);
    }

    /** Without the binding, which may be a secret of the session. */
    @Override
    public String toString() {
        return "OtpScope[userId=" + userId + ", purpose=" + purpose + "]";
    }
}
