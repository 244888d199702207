package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.config.Policy;
import io.flowhub.ephemeral.server.config.Policy.Algorithm;

/**
 * A policy as the scripts take it.
 *
 * @param text the argument that says it all: {@code F:5:60000}
 */
record Rule(int limit, long windowMillis, boolean fixedWindow, String text) {

    static Rule of(Policy policy) {
        long windowMillis = policy.window().toMillis();
        char algorithm = switch (policy.algorithm()) {
            case FIXED_WINDOW -> 'F';
            case SLIDING_WINDOW -> 'S';
            case TOKEN_BUCKET -> 'T';
        };
        return new Rule(
                policy.limit(),
                windowMillis,
                policy.algorithm() == Algorithm.FIXED_WINDOW,
                algorithm + ":" + policy.limit() + ":" + windowMillis);
    }
}
