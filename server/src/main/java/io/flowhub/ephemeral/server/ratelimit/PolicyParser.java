package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.config.IdRule;
import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Suggestion;
import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Parses {@code rate_limit.policies}: a map from action to policy, in the order of the file. */
final class PolicyParser {

    private static final String MAP_SHAPE = "a policy by action, such as {login_attempts: {limit: 5, window: 60s}}";
    private static final String POLICY_SHAPE = "{limit: 5, window: 60s, algorithm: fixed_window}";

    static Map<String, Policy> parse(Object value) {
        Map<String, Policy> policies = new LinkedHashMap<>();
        Parsers.mapOrYaml(value, MAP_SHAPE).forEach((key, policy) -> {
            String action = String.valueOf(key);
            String violation = action.equals("*") ? null : IdRule.violationOf(action);
            if (violation != null) {
                throw new IllegalArgumentException(action + ": an action has " + violation);
            }
            try {
                policies.put(action, policy(policy));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(action + ": " + e.getMessage(), e);
            }
        });
        return policies;
    }

    private static Policy policy(@Nullable Object value) {
        Map<?, ?> fields = Parsers.map(value, POLICY_SHAPE);
        Set<String> allowed = new TreeSet<>(Set.of("limit", "window", "algorithm"));
        for (Object field : fields.keySet()) {
            if (!allowed.contains(String.valueOf(field))) {
                throw new IllegalArgumentException("unknown key " + field + " (did you mean "
                        + Suggestion.closest(String.valueOf(field), allowed) + "?)");
            }
        }
        return new Policy(
                Parsers.required(fields, "limit", Parsers.integer(1, Policy.MAX_LIMIT)),
                Parsers.required(fields, "window", Parsers.duration()),
                fields.get("algorithm") == null
                        ? Algorithm.FIXED_WINDOW
                        : Parsers.required(fields, "algorithm", Parsers.oneOf(Algorithm.class)));
    }

    private PolicyParser() {}
}
