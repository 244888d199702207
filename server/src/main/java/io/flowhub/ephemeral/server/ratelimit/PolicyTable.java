package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.error.NotFoundException;
import io.flowhub.ephemeral.server.ratelimit.RateLimitSettings.OnRedisFailure;
import io.flowhub.ephemeral.v1.ErrorReason;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The policies in force, replaced as a whole when the configuration changes.
 *
 * @param byAction {@code *} applies to actions without a policy of their own
 */
record PolicyTable(Map<String, CompiledPolicy> byAction, OnRedisFailure onRedisFailure) {

    static final String ANY_ACTION = "*";

    private static final String OF_ENVOY = "rls|";

    static PolicyTable of(RateLimitSettings settings, RateMetrics metrics) {
        Map<String, CompiledPolicy> byAction = new HashMap<>();
        settings.policies()
                .forEach((action, policy) -> byAction.put(action, CompiledPolicy.of(policy, metrics.of(action))));
        return new PolicyTable(Map.copyOf(byAction), settings.onRedisFailure());
    }

    /** The limit of an action; 0 for one of Envoy's rate limit service that has no policy here. */
    int limitForReset(String action) {
        return find(action) == null && action.startsWith(OF_ENVOY)
                ? 0
                : require(action).limit();
    }

    private @Nullable CompiledPolicy find(String action) {
        CompiledPolicy policy = byAction.get(action);
        return policy == null ? byAction.get(ANY_ACTION) : policy;
    }

    /** @throws NotFoundException if neither the action nor {@code *} has a policy */
    CompiledPolicy require(String action) {
        CompiledPolicy policy = find(action);
        if (policy == null) {
            throw new NotFoundException(
                    ErrorReason.ERROR_REASON_UNKNOWN_ACTION,
                    "no policy for action \"" + action + "\", and none for \"*\"",
                    Map.of("action", action));
        }
        return policy;
    }
}
