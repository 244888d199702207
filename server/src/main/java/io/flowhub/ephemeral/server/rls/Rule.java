package io.flowhub.ephemeral.server.rls;

import com.google.protobuf.Struct;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor of the configuration that has a {@code rate_limit}.
 *
 * @param name empty if it has none
 * @param limit null if the rule is unlimited
 * @param shadowMode whether a hit beyond the limit passes
 * @param quotaMode whether a hit beyond the limit is denied only together with all others of its request
 * @param detailedMetric whether the metrics have the keys and values of the request
 * @param replaces names of the rules that do not count in a request that this rule matches too
 */
record Rule(
        String name,
        @Nullable Limit limit,
        boolean shadowMode,
        boolean quotaMode,
        boolean detailedMetric,
        List<String> replaces,
        Struct metadata) {

    Rule {
        replaces = List.copyOf(replaces);
    }

    boolean unlimited() {
        return limit == null;
    }
}
