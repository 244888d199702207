package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import java.util.List;

/**
 * A policy in the form that the scripts take. What a check of one hit sends is made once, because nearly all checks have
 * one hit.
 *
 * @param prefix {@code F:5:60000}: the argument of a check up to its hits
 */
record CompiledPolicy(
        int limit,
        long windowMillis,
        Algorithm algorithm,
        String prefix,
        List<String> singleHitArgs,
        RateMetrics.OfPolicy metrics) {

    static CompiledPolicy of(Policy policy, RateMetrics.OfPolicy metrics) {
        long windowMillis = policy.window().toMillis();
        char algorithm = switch (policy.algorithm()) {
            case FIXED_WINDOW -> 'F';
            case SLIDING_WINDOW -> 'S';
            case TOKEN_BUCKET -> 'T';
        };
        String prefix = algorithm + ":" + policy.limit() + ":" + windowMillis;
        return new CompiledPolicy(
                policy.limit(), windowMillis, policy.algorithm(), prefix, List.of(prefix + ":1"), metrics);
    }

    /** The argument of a check: {@code F:5:60000:1} for one hit. */
    String scriptArg(int hits) {
        return hits == 1 ? singleHitArgs.get(0) : prefix + ":" + hits;
    }

    /** The arguments of the scripts of one check. */
    List<String> scriptArgs(int hits) {
        return hits == 1 ? singleHitArgs : List.of(scriptArg(hits));
    }
}
