package io.flowhub.ephemeral.server.budget;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory that Redis uses: read for its level after calls, and on demand with an estimate per kind. A server without
 * calls reads nothing.
 */
final class BudgetStore implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BudgetStore.class);
    private static final LogEvent UNREADABLE = LogEvent.warn(
            "memory_unreadable", "Cannot read the memory usage of Redis ({reason}); the budget stays {level}");

    /** How often the level may be read. */
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    /** How often it is read while most of the memory is free. */
    private static final Duration RELAXED_INTERVAL = Duration.ofSeconds(5);

    private static final double RELAXED_BELOW = 0.6;

    private final MemoryReader memory;
    private final KeySampler sampler;
    private final MemoryLevelMonitor monitor;
    private final BudgetMetrics metrics;
    private final MemoryPressure pressure;
    private final RedisClient redis;
    private final Ticker ticker;
    private final Memoized<BudgetUsage> usage;
    private final DaemonScheduler scheduler = new DaemonScheduler("budget");
    private volatile boolean failureLogged;

    /** Whether there was a call since the last read, or no read yet. */
    private volatile boolean outdated = true;

    private volatile long readNanos;

    /**
     * Starts to look for calls every second, on a thread of its own.
     *
     * @param kinds prefixes of the keys that are counted apart
     */
    BudgetStore(
            BudgetSettings settings,
            List<String> kinds,
            RedisClient redis,
            MemoryPressure pressure,
            Ticker ticker,
            BudgetMetrics metrics) {
        this.redis = redis;
        this.pressure = pressure;
        this.metrics = metrics;
        this.ticker = ticker;
        this.monitor = new MemoryLevelMonitor(pressure);
        this.readNanos = ticker.read() - RELAXED_INTERVAL.toNanos();
        this.memory = new MemoryReader(settings, redis);
        this.sampler = new KeySampler(kinds, redis);
        this.usage = new Memoized<>(INTERVAL, ticker, this::readUsage);
        var unused =
                scheduler.scheduleWithFixedDelay(this::readAfterCalls, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Reads the memory and samples keys. Calls within one second share one result. */
    CompletableFuture<BudgetUsage> usage() {
        return usage.get();
    }

    private CompletableFuture<BudgetUsage> readUsage() {
        return memory.readAll().thenCompose(masters -> {
            MemoryLevel level = onRead(masters);
            return sampler.estimate(masters).thenApply(estimate -> {
                metrics.onEstimate(estimate);
                return new BudgetUsage(level, masters, estimate);
            });
        });
    }

    private MemoryLevel onRead(List<MasterMemory> masters) {
        metrics.onRead(masters);
        return monitor.update(masters);
    }

    /** Reads the level if a call may have changed it. Called every second. */
    void readAfterCalls() {
        boolean called = redis.takeCalled();
        boolean refused = pressure.takeAsked();
        outdated = outdated || called || refused;
        if (metrics.takeEstimateDue(called)) {
            Futures.ignore(usage());
        }
        Duration interval = monitor.usedShare() < RELAXED_BELOW ? RELAXED_INTERVAL : INTERVAL;
        if (!outdated || ticker.read() - readNanos < interval.toNanos()) {
            return;
        }
        outdated = false;
        readNanos = ticker.read();
        try {
            Futures.ignore(memory.readAvailable().thenApply(this::onRead).handle((level, failure) -> onEnd(failure)));
        } catch (RuntimeException e) {
            onEnd(e);
        }
    }

    /** Unavailability is logged by the redis package. Any other failure is logged once until the next success. */
    private boolean onEnd(@Nullable Throwable failure) {
        if (failure == null) {
            failureLogged = false;
            return true;
        }
        outdated = true;
        Throwable cause = Futures.unwrap(failure);
        if (!(cause instanceof RedisUnavailableException) && !failureLogged) {
            failureLogged = true;
            String reason = cause instanceof ServiceException
                    ? cause.getMessage()
                    : cause.getClass().getSimpleName();
            UNREADABLE.log(log, reason, monitor.level());
        }
        return false;
    }

    /** Stops reading. */
    @Override
    public void close() {
        List<Runnable> unused = scheduler.shutdownNow();
    }
}
