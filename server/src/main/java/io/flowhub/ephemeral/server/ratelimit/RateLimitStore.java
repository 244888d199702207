package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.redis.LocalCache;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The rate limits in Redis, and the checks that this server decides without Redis. */
final class RateLimitStore {

    private static final Script CHECK_FIXED_WINDOW = Script.load("ratelimit/check_fixed_window");
    private static final Script CHECK_SLIDING_WINDOW = Script.load("ratelimit/check_sliding_window");
    private static final Script CHECK_TOKEN_BUCKET = Script.load("ratelimit/check_token_bucket");
    private static final Script PEEK = Script.load("ratelimit/peek");
    private static final Script CHECK_ONCE = Script.load("ratelimit/check_once");
    private static final Script INCREMENT = Script.load("ratelimit/increment");
    private static final Script REFUND = Script.load("ratelimit/refund");
    private static final Script RESET = Script.load("ratelimit/reset");

    private final RateMetrics metrics;
    private final RedisClient redis;
    private final WindowCache windows;
    private final AllOrNothing allOrNothing;
    private final RedisFailureFallback fallback;
    private volatile PolicyTable policies;

    RateLimitStore(RateLimitSettings settings, RateMetrics metrics, RedisClient redis, Ticker ticker) {
        this.metrics = metrics;
        this.redis = redis;
        this.windows = new WindowCache(ticker, redis.localCache(WindowCache.CHANNEL));
        this.allOrNothing = new AllOrNothing(redis);
        this.fallback = new RedisFailureFallback(redis, ticker);
        this.policies = PolicyTable.of(settings, metrics);
    }

    /** Replaces all policies. Calls in flight are decided by the policies that they started with. */
    void reload(RateLimitSettings settings) {
        policies = PolicyTable.of(settings, metrics);
    }

    CompiledPolicy requirePolicy(String action) {
        return policies.require(action);
    }

    CompletableFuture<Decision> check(RateCheck check) {
        if (check.isIdempotent()) {
            return withFallback(check, decide(CHECK_ONCE, check));
        }
        WindowCache.Window window = windows.get(check);
        if (window != null && window.full()) {
            return CompletableFuture.completedFuture(Decision.fullWindow(check, window.leftMillis()));
        }
        return withFallback(check, window != null && check.canFit() ? increment(check, window) : decide(check));
    }

    private CompletableFuture<Decision> decide(RateCheck check) {
        if (!check.canFit()) {
            return decide(PEEK, check);
        }
        return switch (check.policy().algorithm()) {
            case FIXED_WINDOW -> decide(CHECK_FIXED_WINDOW, check);
            case SLIDING_WINDOW -> decide(CHECK_SLIDING_WINDOW, check);
            case TOKEN_BUCKET ->
                redis.call(new Operation<>(
                        CHECK_TOKEN_BUCKET,
                        check.keys(),
                        check.scriptArgs(),
                        reply -> Decision.fromBacklog(check, reply.number(0))));
        };
    }

    private CompletableFuture<Decision> decide(Script script, RateCheck check) {
        LocalCache.Stamp sent = windows.stamp();
        return redis.call(new Operation<>(script, check.keys(), check.scriptArgs(), reply -> {
            Decision decision = Decision.fromReply(check.policy(), reply, 0);
            windows.put(check, decision, sent);
            return decision;
        }));
    }

    private CompletableFuture<Decision> increment(RateCheck check, WindowCache.Window window) {
        LocalCache.Stamp sent = windows.stamp();
        return redis.call(new Operation<>(INCREMENT, check.keys(), check.scriptArgs(), reply -> {
            Decision decision = Decision.fromCounter(check, reply.number(0), window.leftMillis());
            if (decision.remaining() == 0 || decision.resetMillis() != window.leftMillis()) {
                windows.put(check, decision, sent);
            }
            return decision;
        }));
    }

    private CompletableFuture<Decision> withFallback(RateCheck check, CompletableFuture<Decision> decision) {
        return fallback.check(policies.onRedisFailure(), check, decision);
    }

    /** Consumes the hits of all checks or of none. */
    CompletableFuture<List<Decision>> checkAll(List<RateCheck> checks) {
        return fallback.checkAll(policies.onRedisFailure(), checks, allOrNothing.check(checks));
    }

    /** Subtracts the hits of the check from its count. Returns the remaining hits. */
    CompletableFuture<Integer> refund(RateCheck check) {
        return redis.call(new Operation<>(REFUND, List.of(check.key()), check.scriptArgs(), reply -> {
            redis.deliver(WindowCache.CHANNEL, check.key());
            return (int) reply.number(0);
        }));
    }

    int limitForReset(String action) {
        return policies.limitForReset(action);
    }

    /** Removes a count. Returns the remaining hits: the limit. */
    CompletableFuture<Integer> reset(String key, int limit) {
        return redis.call(new Operation<>(RESET, List.of(key), List.of(), reply -> {
            redis.deliver(WindowCache.CHANNEL, key);
            return limit;
        }));
    }
}
