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
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The memory that Redis uses: polled every second for its level, and read on demand with an estimate per kind. */
final class BudgetStore implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BudgetStore.class);

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final MemoryReader memory;
    private final KeySampler sampler;
    private final MemoryLevelMonitor monitor = new MemoryLevelMonitor();
    private final Memoized<BudgetUsage> usage;
    private final DaemonScheduler scheduler = new DaemonScheduler("budget");
    private volatile boolean failureLogged;

    /**
     * Starts polling, on a thread of its own.
     *
     * @param kinds prefixes of the keys that are counted apart
     */
    BudgetStore(BudgetSettings settings, List<String> kinds, RedisClient redis, Ticker ticker) {
        this.memory = new MemoryReader(settings, redis);
        this.sampler = new KeySampler(kinds, redis);
        this.usage = new Memoized<>(INTERVAL, ticker, this::readUsage);
        var unused = scheduler.scheduleWithFixedDelay(this::poll, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether Redis is nearly full: at most a second old, or from before an outage. Reads a field only. */
    boolean isFull() {
        return monitor.level() == MemoryLevel.FULL;
    }

    /** Reads the memory and samples keys. Calls within one second share one result. */
    CompletableFuture<BudgetUsage> usage() {
        return usage.get();
    }

    private CompletableFuture<BudgetUsage> readUsage() {
        return memory.readAll().thenCompose(masters -> {
            MemoryLevel level = monitor.update(masters);
            return sampler.estimate(masters).thenApply(estimate -> new BudgetUsage(level, masters, estimate));
        });
    }

    private void poll() {
        try {
            Futures.ignore(
                    memory.readAvailable().thenApply(monitor::update).handle((level, failure) -> onPolled(failure)));
        } catch (RuntimeException e) {
            onPolled(e);
        }
    }

    /** Unavailability is logged by the redis package. Any other failure is logged once until the next success. */
    private boolean onPolled(@Nullable Throwable failure) {
        if (failure == null) {
            failureLogged = false;
            return true;
        }
        Throwable cause = Futures.unwrap(failure);
        if (!(cause instanceof RedisUnavailableException) && !failureLogged) {
            failureLogged = true;
            String reason = cause instanceof ServiceException
                    ? cause.getMessage()
                    : cause.getClass().getSimpleName();
            log.warn("Cannot read the memory usage of Redis ({}); the budget stays {}", reason, monitor.level());
        }
        return false;
    }

    /** Stops polling. */
    @Override
    public void close() {
        List<Runnable> unused = scheduler.shutdownNow();
    }
}
