package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.v1.RefusedOtp;

/** What became of the wish for a code. */
sealed interface IssueResult {

    /**
     * A new code.
     *
     * @param expireMillis when it ends, by the clock of Redis
     * @param resendMillis how long until the next may be issued
     */
    record Issued(String challengeId, String code, long expireMillis, long resendMillis) implements IssueResult {
        @Override
        public String toString() {
            return "Issued[challengeId=" + challengeId + "]";
        }
    }

    /** None now, and how long until there can be one. */
    record Refused(RefusedOtp.Reason reason, long retryMillis) implements IssueResult {}

    /**
     * Reads what the script returned.
     *
     * @param code the code whose MAC it got
     */
    static IssueResult of(Reply reply, String code) {
        int refusal = (int) reply.number(0);
        return refusal == 0
                ? new Issued(reply.text(3), code, reply.number(1), reply.number(2))
                : new Refused(RefusedOtp.Reason.forNumber(refusal), reply.number(1));
    }
}
