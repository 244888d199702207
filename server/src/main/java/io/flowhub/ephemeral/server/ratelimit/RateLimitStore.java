package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.ratelimit.RateLimitSettings.OnRedisFailure;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.v1.ErrorReason;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The rules of rate limits: what is asked of Redis, what this server answers by itself. */
final class RateLimitStore {

    private static final Script CHECK = Script.load("ratelimit/check");
    private static final Script INCREMENT = Script.load("ratelimit/increment");
    private static final Script CHECK_ONCE = Script.load("ratelimit/check_once");
    private static final Script REFUND = Script.load("ratelimit/refund");
    private static final Script RESET = Script.load("ratelimit/reset");

    private final RedisClient redis;
    private final WindowCache windows;
    private final LocalLimiter localCounts;
    private final AllOrNothing allOrNothing;
    private volatile PolicyTable rules;

    RateLimitStore(RateLimitSettings settings, RedisClient redis, Ticker ticker) {
        this.redis = redis;
        this.windows = new WindowCache(ticker);
        this.localCounts = new LocalLimiter(ticker);
        this.allOrNothing = new AllOrNothing(redis);
        this.rules = PolicyTable.of(settings);
        redis.subscribe(WindowCache.CHANNEL, windows);
        redis.addAvailabilityListener(up -> {
            if (up) {
                localCounts.forget();
            }
        });
    }

    /** Puts other policies into force. Calls under way are decided by the old ones. */
    void reload(RateLimitSettings settings) {
        rules = PolicyTable.of(settings);
    }

    CompiledPolicy require(String action) {
        return rules.require(action);
    }

    CompletableFuture<Decision> check(RateCheck check) {
        return check.isOnce() ? withFallback(check, ask(CHECK_ONCE, check)) : checkPlain(check);
    }

    private CompletableFuture<Decision> checkPlain(RateCheck check) {
        WindowCache.Window window = windows.get(check);
        if (window != null && window.full()) {
            return CompletableFuture.completedFuture(Decision.full(check, window.leftMillis()));
        }
        return withFallback(check, window != null && check.mayCount() ? count(check, window) : ask(CHECK, check));
    }

    private CompletableFuture<Decision> ask(Script script, RateCheck check) {
        WindowCache.Stamp sent = windows.stamp();
        return redis.call(new Operation<>(script, check.keys(), List.of(check.terms()), reply -> {
            Decision verdict = Decision.of(check.rule(), reply, 0);
            windows.put(check, verdict, sent);
            return verdict;
        }));
    }

    private CompletableFuture<Decision> count(RateCheck check, WindowCache.Window window) {
        WindowCache.Stamp sent = windows.stamp();
        return redis.call(new Operation<>(INCREMENT, check.keys(), check.count(), reply -> {
            Decision verdict = Decision.within(check, reply.number(0), window.leftMillis());
            if (verdict.remaining() == 0 || verdict.resetMillis() != window.leftMillis()) {
                windows.put(check, verdict, sent);
            }
            return verdict;
        }));
    }

    CompletableFuture<List<Decision>> checkAll(List<RateCheck> checks) {
        return withFallback(allOrNothing.check(checks), onRedisFailure -> switch (onRedisFailure) {
            case LOCAL -> localCounts.checkAll(checks);
            case ALLOW -> checks.stream().map(Decision::allowedUnseen).toList();
            case DENY, UNAVAILABLE ->
                checks.stream().map(Decision::deniedUnseen).toList();
        });
    }

    /** Returns how many hits would pass now. */
    CompletableFuture<Integer> refund(RateCheck refunded) {
        return redis.call(new Operation<>(REFUND, List.of(refunded.key()), List.of(refunded.terms()), reply -> {
            windows.invalidate(refunded.key());
            return (int) reply.number(0);
        }));
    }

    /** Returns how many hits would pass now: the limit. */
    CompletableFuture<Integer> reset(RateCheck forgotten) {
        return redis.call(new Operation<>(RESET, List.of(forgotten.key()), List.of(), reply -> {
            windows.invalidate(forgotten.key());
            return forgotten.rule().limit();
        }));
    }

    private CompletableFuture<Decision> withFallback(RateCheck check, CompletableFuture<Decision> verdict) {
        return withFallback(verdict, onRedisFailure -> switch (onRedisFailure) {
            case LOCAL -> localCounts.check(check);
            case ALLOW -> Decision.allowedUnseen(check);
            case DENY, UNAVAILABLE -> Decision.deniedUnseen(check);
        });
    }

    /** What to answer instead if Redis is away; any other failure stays one. */
    private <T> CompletableFuture<T> withFallback(CompletableFuture<T> answer, Function<OnRedisFailure, T> instead) {
        OnRedisFailure onRedisFailure = rules.onRedisFailure();
        return onRedisFailure == OnRedisFailure.UNAVAILABLE
                ? answer
                : answer.exceptionallyCompose(
                        failure -> StatusMapper.reason(failure) == ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE
                                ? CompletableFuture.completedFuture(instead.apply(onRedisFailure))
                                : CompletableFuture.failedFuture(failure));
    }
}
