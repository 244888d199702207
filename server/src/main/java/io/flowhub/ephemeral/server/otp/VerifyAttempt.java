package io.flowhub.ephemeral.server.otp;

/**
 * A code to look at.
 *
 * @param challengeId empty means any
 * @param requestId empty if none
 */
record VerifyAttempt(OtpScope claim, String code, String challengeId, String requestId) {

    @Override
    public String toString() {
        return "Submission[claim=" + claim + ", challengeId=" + challengeId + ", requestId=" + requestId + "]";
    }
}
