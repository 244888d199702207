package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.config.Policy;
import io.flowhub.ephemeral.server.config.Policy.Algorithm;

/**
 * A policy as the scripts take it.
 *
 * @param text {@code F:5:60000}, the start of the terms of a call
 * @param termsOfOneHit the most frequent terms, made once
 */
record Rule(int limit, long windowMillis, boolean fixedWindow, String text, String termsOfOneHit) {

    static Rule of(Policy policy) {
        long windowMillis = policy.window().toMillis();
        char algorithm = switch (policy.algorithm()) {
            case FIXED_WINDOW -> 'F';
            case SLIDING_WINDOW -> 'S';
            case TOKEN_BUCKET -> 'T';
        };
        String text = algorithm + ":" + policy.limit() + ":" + windowMillis;
        return new Rule(policy.limit(), windowMillis, policy.algorithm() == Algorithm.FIXED_WINDOW, text, text + ":1");
    }

    /** What a script has to know: {@code F:5:60000:1} for one hit. */
    String terms(int hits) {
        return hits == 1 ? termsOfOneHit : text + ":" + hits;
    }
}
