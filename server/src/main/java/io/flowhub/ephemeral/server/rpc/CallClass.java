package io.flowhub.ephemeral.server.rpc;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.util.Set;

/**
 * What gives way while the server is overloaded, in this order: what is cheap to repeat, and what its caller can do without
 * for a moment. New calls only; those that run go on.
 */
@SuppressWarnings("ImmutableEnumChecker") // Set.of returns a set that cannot change
public enum CallClass {

    /** New streams: clients open them again by themselves. Those that are open keep their places, perhaps for hours. */
    STREAMS("streams give way", 80, 500, Set.of()),

    /** The caller reads from its own source, or has a default, or repeats the signal in a moment anyway. */
    READS_AND_SIGNALS(
            "reads, heartbeats and typing give way",
            90,
            500,
            Set.of(
                    "BudgetService/GetBudget",
                    "CacheService/BatchGetCachedProducts",
                    "CacheService/BatchGetCachedUsers",
                    "CacheService/GetCachedProduct",
                    "CacheService/GetCachedUser",
                    "CacheService/PutCachedProduct",
                    "CacheService/PutCachedUser",
                    "FeatureFlagService/BatchGetFlags",
                    "FeatureFlagService/GetFlag",
                    "PresenceService/BatchGetPresence",
                    "PresenceService/GetPresence",
                    "PresenceService/Heartbeat",
                    "TypingService/ListTyping",
                    "TypingService/SetTyping",
                    "flagd.evaluation.v1.Service/ResolveAll",
                    "flagd.evaluation.v1.Service/ResolveBoolean",
                    "flagd.evaluation.v1.Service/ResolveFloat",
                    "flagd.evaluation.v1.Service/ResolveInt",
                    "flagd.evaluation.v1.Service/ResolveObject",
                    "flagd.evaluation.v1.Service/ResolveString",
                    "flagd.evaluation.v2.Service/ResolveBoolean",
                    "flagd.evaluation.v2.Service/ResolveFloat",
                    "flagd.evaluation.v2.Service/ResolveInt",
                    "flagd.evaluation.v2.Service/ResolveObject",
                    "flagd.evaluation.v2.Service/ResolveString")),

    RATE_CHECKS(
            "rate checks give way",
            95,
            750,
            Set.of(
                    "RateLimitService/BatchCheckRate",
                    "RateLimitService/CheckRate",
                    "envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit")),

    /** Codes, tokens, session flags and everything else whose loss a user notices. Redis rejects it after a second in its queue. */
    WRITES(
            "all calls give way",
            100,
            Long.MAX_VALUE,
            Set.of(
                    "BroadcastService/Publish",
                    "CacheService/EvictCachedProduct",
                    "CacheService/EvictCachedUser",
                    "FeatureFlagService/ClearFlag",
                    "FeatureFlagService/SetFlag",
                    "OtpService/IssueOtp",
                    "OtpService/RevokeOtp",
                    "OtpService/VerifyOtp",
                    "PresenceService/SetOffline",
                    "RateLimitService/RefundRate",
                    "RateLimitService/ResetRate",
                    "SessionService/ClearSessionFlag",
                    "SessionService/ConsumeSessionFlag",
                    "SessionService/GetSessionFlag",
                    "SessionService/SetSessionFlag",
                    "TokenService/ConsumeLoginToken",
                    "TokenService/IssueLoginToken",
                    "TokenService/RevokeLoginToken",
                    "TokenService/VerifyLoginToken"));

    private final String effect;
    private final int percent;
    private final long maxQueuedMillis;
    private final Set<String> methods;

    CallClass(String effect, int percent, long maxQueuedMillis, Set<String> methods) {
        this.effect = effect;
        this.percent = percent;
        this.maxQueuedMillis = maxQueuedMillis;
        this.methods = methods;
    }

    /** The class of a method. One that no class lists, such as that of a benchmark, is a write. */
    public static CallClass of(MethodDescriptor<?, ?> method) {
        if (method.getType() != MethodType.UNARY) {
            return STREAMS;
        }
        String name = RpcName.of(method);
        for (CallClass each : values()) {
            if (each.methods.contains(name)) {
                return each;
            }
        }
        return WRITES;
    }

    /** The unary methods of this class, such as {@code OtpService/IssueOtp}. */
    public Set<String> methods() {
        return methods;
    }

    /** For the messages of errors. */
    String effect() {
        return effect;
    }

    /** The share of the open calls that a server may have, in percent, beyond which no new call of this class starts. */
    int percent() {
        return percent;
    }

    /** While calls are queued for Redis longer than this, no new call of this class starts. */
    long maxQueuedMillis() {
        return maxQueuedMillis;
    }
}
