package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.redis.Reply;

/**
 * The decision on one check.
 *
 * @param policy of the check
 * @param remaining hits that still fit
 * @param resetMillis ms until nothing is counted any more
 * @param retryMillis 0 if allowed, else the ms until the hits would fit, or {@link #NEVER}
 * @param degraded whether this server decided alone because Redis was unavailable
 */
record Decision(CompiledPolicy policy, int remaining, long resetMillis, long retryMillis, boolean degraded) {

    /** Number of values per decision in the reply of a script. */
    static final int REPLY_VALUES = 3;

    /** The {@code retryMillis} of an allowed check. */
    static final long ALLOWED = 0;

    /** The {@code retryMillis} of a check with more hits than the limit, or without a time to retry. */
    static final long NEVER = -1;

    boolean allowed() {
        return retryMillis == ALLOWED;
    }

    /** @param from index of the first of the {@link #REPLY_VALUES} values: remaining, reset, retry */
    static Decision fromReply(CompiledPolicy policy, Reply reply, int from) {
        return new Decision(policy, (int) reply.number(from), reply.number(from + 1), reply.number(from + 2), false);
    }

    /**
     * The decision on a check of a token bucket.
     *
     * @param reply of {@code check_token_bucket.lua}: the backlog in hits times milliseconds, or -1 - backlog if the hits
     *     did not fit
     */
    static Decision fromBacklog(RateCheck check, long reply) {
        long limit = check.policy().limit();
        long window = check.policy().windowMillis();
        boolean fits = reply >= 0;
        long backlog = fits ? reply : -1 - reply;
        int remaining = (int) Math.max(0, (limit * window - backlog) / window);
        long resetMillis = ceilDiv(backlog, limit);
        long retryMillis = fits ? ALLOWED : ceilDiv(backlog + (check.hits() - limit) * window, limit);
        return new Decision(check.policy(), remaining, resetMillis, retryMillis, false);
    }

    private static long ceilDiv(long dividend, long divisor) {
        return -Math.floorDiv(-dividend, divisor);
    }

    /**
     * The decision on a check of a cached window.
     *
     * @param reply of {@code increment.lua}: remaining, or -1 - remaining if the hits did not fit
     * @param leftMillis rest of the cached window when the check was sent; not used if the hits started a new window
     */
    static Decision fromCounter(RateCheck check, long reply, long leftMillis) {
        int limit = check.policy().limit();
        boolean fits = reply >= 0;
        int remaining = (int) (fits ? reply : -1 - reply);
        boolean isNewWindow = fits && remaining == limit - check.hits();
        long resetMillis = isNewWindow ? check.policy().windowMillis() : leftMillis;
        return new Decision(check.policy(), remaining, resetMillis, fits ? ALLOWED : resetMillis, false);
    }

    /** Denied because the cached window is full until it ends. */
    static Decision fullWindow(RateCheck check, long resetMillis) {
        long retryMillis = check.hits() > check.policy().limit() ? NEVER : resetMillis;
        return new Decision(check.policy(), 0, resetMillis, retryMillis, false);
    }

    /** Allowed without any count. */
    static Decision allowedDegraded(RateCheck check) {
        return new Decision(check.policy(), check.policy().limit(), 0, ALLOWED, true);
    }

    /** Denied without any count, so there is no time to retry. */
    static Decision deniedDegraded(RateCheck check) {
        return new Decision(check.policy(), 0, 0, NEVER, true);
    }

    Decision afterRollback(int remaining, long resetMillis) {
        return new Decision(policy, remaining, resetMillis, retryMillis, degraded);
    }
}
