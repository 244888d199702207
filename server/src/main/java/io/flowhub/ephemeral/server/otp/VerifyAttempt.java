package io.flowhub.ephemeral.server.otp;

/**
 * A code to verify.
 *
 * @param challengeId empty for any challenge
 * @param requestId empty for a request that cannot be retried
 */
record VerifyAttempt(OtpScope scope, String code, String challengeId, String requestId) {

    @Override
    public String toString() {
        return "VerifyAttempt[scope=" + scope + ", challengeId=" + challengeId + ", requestId=" + requestId + "]";
    }
}
