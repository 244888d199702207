package io.flowhub.ephemeral.server.budget;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How much of its memory Redis has used: asked every second, and again when somebody wants to know. */
final class BudgetStore implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BudgetStore.class);

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final MemoryReader memory;
    private final MemoryLevelMonitor gauge = new MemoryLevelMonitor();
    private final Memoized<Usage> usage;
    private final ScheduledExecutorService scheduler;
    private volatile boolean complained;

    /** Starts to ask, on a thread of its own. */
    BudgetStore(BudgetSettings settings, List<String> kinds, RedisClient redis, Ticker ticker) {
        this.memory = new MemoryReader(settings, redis);
        KeySampler census = new KeySampler(kinds, redis);
        this.usage = new Memoized<>(
                INTERVAL,
                ticker,
                () -> memory.readAll().thenCompose(masters -> {
                    Level level = gauge.read(masters);
                    return census.take(masters).thenApply(estimate -> new Usage(level, masters, estimate));
                }));
        this.scheduler = new DaemonScheduler("budget");
        var unused = scheduler.scheduleWithFixedDelay(this::look, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Whether Redis is nearly full, as of at most a good second ago; while Redis is away, as of before. Costs nothing to
     * ask.
     */
    boolean isFull() {
        return gauge.level() == Level.FULL;
    }

    /** Asks Redis now. Who asks within a second of somebody else gets the same answer. */
    CompletableFuture<Usage> usage() {
        return usage.get();
    }

    private void look() {
        try {
            Futures.ignore(memory.readAvailable().thenApply(gauge::read).handle((level, failure) -> {
                looked(failure);
                return true;
            }));
        } catch (RuntimeException e) { // else this would have been the last look
            looked(e);
        }
    }

    /** That Redis is away is said elsewhere. That it does not tell is said once, until it tells. */
    private void looked(@Nullable Throwable failure) {
        Throwable cause = failure == null ? null : Futures.unwrap(failure);
        if (cause == null) {
            complained = false;
        } else if (!(cause instanceof RedisUnavailableException) && !complained) {
            complained = true;
            log.warn(
                    "Redis does not tell how much memory it has used ({}); the budget stays {}",
                    cause instanceof ServiceException
                            ? cause.getMessage()
                            : cause.getClass().getSimpleName(),
                    gauge.level());
        }
    }

    /** Asks no more. */
    @Override
    public void close() {
        List<Runnable> unused = scheduler.shutdownNow();
    }
}
