package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import java.util.List;

/**
 * A policy as the scripts take it.
 *
 * @param text {@code F:5:60000}, the start of the terms of a call
 * @param termsOfOneHit the most frequent terms, made once
 * @param countOfOneHit the same for the script that counts
 */
record CompiledPolicy(
        int limit,
        long windowMillis,
        boolean fixedWindow,
        String text,
        String termsOfOneHit,
        List<String> countOfOneHit) {

    static CompiledPolicy of(Policy policy) {
        long windowMillis = policy.window().toMillis();
        char algorithm = switch (policy.algorithm()) {
            case FIXED_WINDOW -> 'F';
            case SLIDING_WINDOW -> 'S';
            case TOKEN_BUCKET -> 'T';
        };
        String text = algorithm + ":" + policy.limit() + ":" + windowMillis;
        return new CompiledPolicy(
                policy.limit(),
                windowMillis,
                policy.algorithm() == Algorithm.FIXED_WINDOW,
                text,
                text + ":1",
                count(policy.limit(), windowMillis, 1));
    }

    /** What the script that only counts has to know. */
    List<String> count(int hits) {
        return hits == 1 ? countOfOneHit : count(limit, windowMillis, hits);
    }

    private static List<String> count(int limit, long windowMillis, int hits) {
        return List.of(Integer.toString(limit), Long.toString(windowMillis), Integer.toString(hits));
    }

    /** What a script has to know: {@code F:5:60000:1} for one hit. */
    String terms(int hits) {
        return hits == 1 ? termsOfOneHit : text + ":" + hits;
    }
}
