package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;

/**
 * A policy in the form that the scripts take. What a check of one hit sends is made once, because nearly all checks have
 * one hit.
 *
 * @param script consumes hits that an empty window has room for
 * @param prefix {@code F:5:60000}: the argument of a check up to its hits
 */
record CompiledPolicy(
        int limit,
        long windowMillis,
        boolean fixedWindow,
        Script script,
        String prefix,
        List<String> singleHitArgs,
        RateMetrics.OfPolicy metrics) {

    private static final Script CHECK_FIXED_WINDOW = Script.load("ratelimit/check_fixed_window");
    private static final Script CHECK_SLIDING_WINDOW = Script.load("ratelimit/check_sliding_window");
    private static final Script CHECK_TOKEN_BUCKET = Script.load("ratelimit/check_token_bucket");

    static CompiledPolicy of(Policy policy, RateMetrics.OfPolicy metrics) {
        long windowMillis = policy.window().toMillis();
        char algorithm = switch (policy.algorithm()) {
            case FIXED_WINDOW -> 'F';
            case SLIDING_WINDOW -> 'S';
            case TOKEN_BUCKET -> 'T';
        };
        Script script = switch (policy.algorithm()) {
            case FIXED_WINDOW -> CHECK_FIXED_WINDOW;
            case SLIDING_WINDOW -> CHECK_SLIDING_WINDOW;
            case TOKEN_BUCKET -> CHECK_TOKEN_BUCKET;
        };
        String prefix = algorithm + ":" + policy.limit() + ":" + windowMillis;
        return new CompiledPolicy(
                policy.limit(),
                windowMillis,
                policy.algorithm() == Algorithm.FIXED_WINDOW,
                script,
                prefix,
                List.of(prefix + ":1"),
                metrics);
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
