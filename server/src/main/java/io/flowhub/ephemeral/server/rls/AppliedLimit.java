package io.flowhub.ephemeral.server.rls;

import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.RateLimit;
import java.util.List;

/**
 * A limit as requests are checked against it: that of a rule, or one that a descriptor brought along. What all requests
 * have in common is made once.
 *
 * @param action of its counters
 * @param metadata of the rule, for the response
 * @param message the limit as the response has it
 * @param countPrefix the argument of {@code count.lua} up to the hits
 */
record AppliedLimit(
        Limit limit,
        boolean shadowMode,
        boolean quotaMode,
        Struct metadata,
        String action,
        RateLimit message,
        String countPrefix,
        List<String> singleHitArgs) {

    /** @param countDenied whether hits beyond the limit are counted */
    static AppliedLimit ofRule(Rule rule, Limit limit, String action, boolean countDenied) {
        return of(limit, rule.name(), rule.shadowMode(), rule.quotaMode(), rule.metadata(), action, countDenied);
    }

    /** A limit that a descriptor brought along: no mode of the rule applies. */
    static AppliedLimit ofDescriptor(Limit limit, String action, boolean countDenied) {
        return of(limit, "", false, false, Struct.getDefaultInstance(), action, countDenied);
    }

    private static AppliedLimit of(
            Limit limit,
            String name,
            boolean shadowMode,
            boolean quotaMode,
            Struct metadata,
            String action,
            boolean countDenied) {
        String prefix = limit.requestsPerUnit() + ":" + limit.windowMillis() + ":" + (countDenied ? 1 : 0) + ":";
        return new AppliedLimit(
                limit, shadowMode, quotaMode, metadata, action, message(limit, name), prefix, List.of(prefix + 1));
    }

    private static RateLimit message(Limit limit, String name) {
        RateLimit.Builder message = RateLimit.newBuilder()
                .setName(name)
                .setRequestsPerUnit((int) limit.requestsPerUnit())
                .setUnit(RateLimit.Unit.valueOf(limit.unit().name()));
        if (limit.multiplier() > 1) {
            message.setUnitMultiplier(UInt32Value.of(limit.multiplier()));
        }
        return message.build();
    }

    /** The arguments of {@code count.lua}. */
    List<String> countArgs(long hits) {
        return hits == 1 ? singleHitArgs : List.of(countPrefix + hits);
    }
}
