package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.redis.Reply;

/**
 * The answer to one check.
 *
 * @param resetMillis how long until nothing is counted any more
 * @param retryMillis 0 if allowed, else how long until the hits would pass, or {@link #NEVER}
 * @param degraded whether Redis was away and this server answered by itself
 */
record Decision(int limit, int remaining, long resetMillis, long retryMillis, boolean degraded) {

    /** How many values a check returns in the scripts. */
    static final int REPLY_VALUES = 3;

    /** Allowed: no need to retry. */
    static final long ALLOWED = 0;

    /** Denied for good: more hits than the limit. */
    static final long NEVER = -1;

    boolean allowed() {
        return retryMillis == ALLOWED;
    }

    static Decision of(CompiledPolicy rule, Reply reply, int from) {
        return new Decision(
                rule.limit(), (int) reply.number(from), reply.number(from + 1), reply.number(from + 2), false);
    }

    /**
     * The answer to a check of a window whose end was known.
     *
     * @param said what the script returned: how many more hits fit, or -1 minus that if these did not
     * @param leftMillis how long the window was to last when the check left. If this is the first hit, there was a new one
     */
    static Decision within(RateCheck check, long said, long leftMillis) {
        int limit = check.rule().limit();
        boolean fits = said >= 0;
        int remaining = (int) (fits ? said : -1 - said);
        boolean isFirst = fits && remaining == limit - check.hits();
        long resetMillis = isFirst ? check.rule().windowMillis() : leftMillis;
        return new Decision(limit, remaining, resetMillis, fits ? ALLOWED : resetMillis, false);
    }

    /** Denied because the window is full for so much longer. More hits than the limit never pass. */
    static Decision full(RateCheck check, long resetMillis) {
        long retryMillis = check.hits() > check.rule().limit() ? NEVER : resetMillis;
        return new Decision(check.rule().limit(), 0, resetMillis, retryMillis, false);
    }

    /** Allowed without asking anybody. */
    static Decision allowedUnseen(RateCheck check) {
        return new Decision(check.rule().limit(), check.rule().limit(), 0, ALLOWED, true);
    }

    /** Denied without asking anybody, so nobody knows for how long. */
    static Decision deniedUnseen(RateCheck check) {
        return new Decision(check.rule().limit(), 0, 0, NEVER, true);
    }

    /** The same, but so much is left: the charge was taken back. */
    Decision withLeft(int remaining, long resetMillis) {
        return new Decision(limit, remaining, resetMillis, retryMillis, degraded);
    }
}
