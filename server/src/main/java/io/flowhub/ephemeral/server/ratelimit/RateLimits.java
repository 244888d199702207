package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.RateLimitSettings;
import io.flowhub.ephemeral.server.config.RateLimitSettings.OnRedisFailure;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.Redis;
import io.flowhub.ephemeral.server.redis.RedisFailure;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;

/** The rules of rate limits: what is asked of Redis, what this server answers by itself. */
public final class RateLimits {

    private static final String ALGORITHMS = "ratelimit/algorithms";

    private static final Script CHECK = Script.batched("ratelimit/check", Verdict.REPLY_VALUES, ALGORITHMS);
    private static final Script CHECK_ONCE = Script.batched("ratelimit/check_once", Verdict.REPLY_VALUES, ALGORITHMS);
    private static final Script REFUND = Script.batched("ratelimit/refund", 1, ALGORITHMS);
    private static final Script RESET = Script.batched("ratelimit/reset", 1, ALGORITHMS);

    private final Redis redis;
    private final FullWindows fullWindows;
    private final LocalCounts localCounts;
    private final AllOrNothing allOrNothing;
    private volatile Rules rules;

    public RateLimits(RateLimitSettings settings, Redis redis, Ticker ticker) {
        this.redis = redis;
        this.fullWindows = new FullWindows(ticker);
        this.localCounts = new LocalCounts(ticker);
        this.allOrNothing = new AllOrNothing(redis);
        this.rules = Rules.of(settings);
        redis.subscribe(FullWindows.CHANNEL, fullWindows);
        redis.watch(up -> {
            if (up) {
                localCounts.forget();
            }
        });
    }

    /** Puts other policies into force. Calls under way are decided by the old ones. */
    public void use(RateLimitSettings settings) {
        rules = Rules.of(settings);
    }

    Rule require(String action) {
        return rules.require(action);
    }

    CompletableFuture<Verdict> check(Check check, BooleanSupplier callerGone) {
        return check.isOnce() ? withFallback(check, ask(CHECK_ONCE, check, callerGone)) : checkPlain(check, callerGone);
    }

    private CompletableFuture<Verdict> checkPlain(Check check, BooleanSupplier callerGone) {
        Verdict denial = fullWindows.denial(check);
        return denial != null
                ? CompletableFuture.completedFuture(denial)
                : withFallback(check, ask(CHECK, check, callerGone));
    }

    private CompletableFuture<Verdict> ask(Script script, Check check, BooleanSupplier callerGone) {
        FullWindows.Moment left = fullWindows.moment();
        return redis.call(
                new Operation<>(script, check.keys(), List.of(check.terms()), reply -> {
                    Verdict verdict = Verdict.of(check.rule(), reply, 0);
                    fullWindows.learn(check, verdict, left);
                    return verdict;
                }),
                callerGone);
    }

    CompletableFuture<List<Verdict>> checkAll(List<Check> checks, BooleanSupplier callerGone) {
        CompletableFuture<List<Verdict>> verdicts = allOrNothing.check(checks, callerGone);
        return rules.onRedisFailure() == OnRedisFailure.UNAVAILABLE
                ? verdicts
                : verdicts.exceptionally(
                        e -> checks.stream().map(check -> degraded(check, e)).toList());
    }

    /** Returns how many hits would pass now. */
    CompletableFuture<Integer> refund(Check refunded, BooleanSupplier callerGone) {
        return redis.call(
                new Operation<>(
                        REFUND, List.of(refunded.key()), List.of(refunded.terms()), reply -> (int) reply.number(0)),
                callerGone);
    }

    /** Returns how many hits would pass now: the limit. */
    CompletableFuture<Integer> reset(Check forgotten, BooleanSupplier callerGone) {
        return redis.call(
                new Operation<>(
                        RESET,
                        List.of(forgotten.key()),
                        List.of(),
                        reply -> forgotten.rule().limit()),
                callerGone);
    }

    private CompletableFuture<Verdict> withFallback(Check check, CompletableFuture<Verdict> verdict) {
        return rules.onRedisFailure() == OnRedisFailure.UNAVAILABLE
                ? verdict
                : verdict.exceptionally(e -> degraded(check, e));
    }

    /** What to answer while Redis is away; any other failure stays one. */
    private Verdict degraded(Check check, Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (!(cause instanceof RedisFailure.Unavailable unavailable)) {
            throw new CompletionException(cause);
        }
        int limit = check.rule().limit();
        return switch (rules.onRedisFailure()) {
            case LOCAL -> localCounts.check(check);
            case ALLOW -> new Verdict(limit, limit, 0, Verdict.ALLOWED, true);
            case DENY -> new Verdict(limit, 0, 0, Verdict.NEVER, true);
            case UNAVAILABLE -> throw unavailable;
        };
    }
}
