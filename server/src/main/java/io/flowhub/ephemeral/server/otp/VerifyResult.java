package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.redis.Reply;

/**
 * What a code is worth.
 *
 * @param repeated whether this was told before, so that nothing may follow from it
 * @param expireMillis when the flag {@code otp_valid} ends, by the clock of Redis; 0 if there is none
 */
record VerifyResult(boolean valid, boolean repeated, int attemptsLeft, long expireMillis) {

    private static final int INVALID = 0;
    private static final int VALID_BEFORE = 2;

    static VerifyResult of(Reply reply) {
        long result = reply.number(0);
        return new VerifyResult(result != INVALID, result == VALID_BEFORE, (int) reply.number(1), reply.number(2));
    }

    VerifyResult withExpireMillis(long millis) {
        return new VerifyResult(valid, repeated, attemptsLeft, millis);
    }
}
