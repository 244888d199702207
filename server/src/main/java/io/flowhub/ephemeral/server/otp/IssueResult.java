package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.redis.Reply;

/** The result of a request to issue a code. */
sealed interface IssueResult {

    /**
     * A code was issued.
     *
     * @param expireMillis when the code expires, in milliseconds since 1970 by the clock of Redis
     * @param resendAfterMillis how long until the cooldown ends
     */
    record Issued(String challengeId, String code, long expireMillis, long resendAfterMillis) implements IssueResult {

        @Override
        public String toString() {
            return "Issued[challengeId=" + challengeId + "]";
        }
    }

    /**
     * No code was issued.
     *
     * @param retryAfterMillis how long until a code can be issued
     */
    record Refused(RefusalReason reason, long retryAfterMillis) implements IssueResult {}

    /** Why no code was issued. */
    enum RefusalReason {
        COOLDOWN,
        ISSUE_LIMIT,
        LOCKED
    }

    /**
     * Decodes the reply of {@code otp/issue_otp}.
     *
     * @param code the code whose MAC was an argument of the script
     */
    static IssueResult of(Reply reply, String code) {
        return switch ((int) reply.number(0)) {
            case 0 -> new Issued(reply.text(3), code, reply.number(1), reply.number(2));
            case 1 -> new Refused(RefusalReason.COOLDOWN, reply.number(1));
            case 2 -> new Refused(RefusalReason.ISSUE_LIMIT, reply.number(1));
            case 3 -> new Refused(RefusalReason.LOCKED, reply.number(1));
            default -> throw new IllegalStateException("unexpected outcome: " + reply.number(0));
        };
    }
}
