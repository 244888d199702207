package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.redis.Reply;

/**
 * The answer to one check.
 *
 * @param resetMillis how long until nothing is counted any more
 * @param retryMillis how long until the denied hits would pass; negative if allowed, or if they never can
 * @param degraded whether Redis was away and this server answered by itself
 */
record Verdict(boolean allowed, int limit, int remaining, long resetMillis, long retryMillis, boolean degraded) {

    /** How many values a check returns in the scripts. */
    static final int REPLY_VALUES = 4;

    static final long NEVER = -1;

    static Verdict of(Rule rule, Reply reply, int from) {
        return new Verdict(
                reply.number(from) == 1,
                rule.limit(),
                (int) reply.number(from + 1),
                reply.number(from + 2),
                reply.number(from + 3),
                false);
    }

    /** Denied because the window is full for so much longer. More hits than the limit never pass. */
    static Verdict full(Check check, long resetMillis) {
        long retryMillis = check.hits() > check.rule().limit() ? NEVER : resetMillis;
        return new Verdict(false, check.rule().limit(), 0, resetMillis, retryMillis, false);
    }

    /** The same, but so much is left: the charge was taken back. */
    Verdict withLeft(int remaining, long resetMillis) {
        return new Verdict(allowed, limit, remaining, resetMillis, retryMillis, degraded);
    }
}
