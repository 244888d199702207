package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.redis.Reply;

/** The result of a {@link VerifyAttempt}. */
sealed interface VerifyResult {

    /**
     * The code is right.
     *
     * @param repeated whether an earlier call with the same request id got this result; then nothing is written
     * @param flagExpireMillis when the otp_valid flag expires, in milliseconds since 1970 by the clock of Redis; 0 if
     *     there is none
     */
    record Valid(boolean repeated, long flagExpireMillis) implements VerifyResult {}

    /**
     * The code is wrong, or the user is locked.
     *
     * @param attemptsLeft how many failed attempts may follow, 0 or more
     */
    record Invalid(int attemptsLeft) implements VerifyResult {}

    /** Decodes the reply of {@code otp/verify_otp}. */
    static VerifyResult of(Reply reply) {
        return switch ((int) reply.number(0)) {
            case 0 -> new Invalid((int) reply.number(1));
            case 1 -> new Valid(false, reply.number(2));
            case 2 -> new Valid(true, reply.number(2));
            default -> throw new IllegalStateException("unexpected result: " + reply.number(0));
        };
    }
}
