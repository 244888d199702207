package io.flowhub.ephemeral.server.ratelimit;

import java.util.List;

/**
 * One check of one limit.
 *
 * @param key {@code rate:<user_id>:<action>}
 * @param hits to consume; 0 consumes nothing and returns whether one hit would fit
 * @param requestId empty if there is none
 */
record RateCheck(String key, CompiledPolicy policy, int hits, String requestId) {

    /** Whether a repetition with the same request id consumes nothing. */
    boolean isIdempotent() {
        return !requestId.isEmpty();
    }

    /** Whether there are hits to consume and an empty window has room for them. */
    boolean canFit() {
        return hits > 0 && hits <= policy.limit();
    }

    /** The key that exists for one window after the hits of this request were consumed. */
    String requestKey() {
        return RateLimitKeys.request(key, requestId);
    }

    List<String> keys() {
        return isIdempotent() ? List.of(key, requestKey()) : List.of(key);
    }

    String scriptArg() {
        return policy.scriptArg(hits);
    }

    List<String> scriptArgs() {
        return policy.scriptArgs(hits);
    }
}
