package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.ratelimit.RateLimitSettings.OnRedisFailure;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Decides checks that failed because Redis is unavailable or full, as {@link OnRedisFailure} requires. Other failures remain. */
final class RedisFailureFallback {

    private final LocalLimiter localLimiter;

    RedisFailureFallback(RedisClient redis, Ticker ticker) {
        this.localLimiter = new LocalLimiter(ticker);
        redis.addAvailabilityListener(up -> {
            if (up) {
                localLimiter.clear();
            }
        });
    }

    CompletableFuture<Decision> check(
            OnRedisFailure onRedisFailure, RateCheck check, CompletableFuture<Decision> decision) {
        return switch (onRedisFailure) {
            case UNAVAILABLE -> decision;
            case LOCAL -> recover(decision, () -> localLimiter.check(check));
            case ALLOW -> recover(decision, () -> Decision.allowedDegraded(check));
            case DENY -> recover(decision, () -> Decision.deniedDegraded(check));
        };
    }

    CompletableFuture<List<Decision>> checkAll(
            OnRedisFailure onRedisFailure, List<RateCheck> checks, CompletableFuture<List<Decision>> decisions) {
        return switch (onRedisFailure) {
            case UNAVAILABLE -> decisions;
            case LOCAL -> recover(decisions, () -> localLimiter.checkAll(checks));
            case ALLOW ->
                recover(
                        decisions,
                        () -> checks.stream().map(Decision::allowedDegraded).toList());
            case DENY ->
                recover(
                        decisions,
                        () -> checks.stream().map(Decision::deniedDegraded).toList());
        };
    }

    private static <T> CompletableFuture<T> recover(CompletableFuture<T> result, Supplier<T> fallback) {
        return result.exceptionallyCompose(failure -> cannotCount(Futures.unwrap(failure))
                ? CompletableFuture.completedFuture(fallback.get())
                : CompletableFuture.failedFuture(failure));
    }

    private static boolean cannotCount(Throwable failure) {
        return failure instanceof RedisUnavailableException || failure instanceof BudgetFullException;
    }
}
