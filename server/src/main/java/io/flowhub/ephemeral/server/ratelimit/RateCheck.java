package io.flowhub.ephemeral.server.ratelimit;

import java.util.List;

/**
 * One checked question.
 *
 * @param key {@code rate:<user>:<action>}
 * @param hits how many to count; 0 looks
 * @param requestId empty if none
 */
record RateCheck(String key, CompiledPolicy rule, int hits, String requestId) {

    static String key(String userId, String action) {
        return RateLimitKeys.counter(userId, action);
    }

    /** Whether a repetition must not be charged again. */
    boolean isOnce() {
        return !requestId.isEmpty();
    }

    /** Whether there is something to count that can fit. */
    boolean mayCount() {
        return hits > 0 && hits <= rule.limit();
    }

    /** Says that this request was charged; lives for one window. */
    String requestKey() {
        return RateLimitKeys.request(key, requestId);
    }

    List<String> keys() {
        return isOnce() ? List.of(key, requestKey()) : List.of(key);
    }

    List<String> count() {
        return rule.count(hits);
    }

    String terms() {
        return rule.terms(hits);
    }
}
