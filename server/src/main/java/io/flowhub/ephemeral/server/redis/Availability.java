package io.flowhub.ephemeral.server.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Redis is available, by periodic health checks. State changes and the calls of listeners share one monitor, so the
 * last value that a listener receives is the current one.
 */
final class Availability implements AutoCloseable {

    /** One health check. Completes with whether Redis responded. Throws while no connection can be made. */
    interface HealthProbe {
        CompletionStage<Boolean> check() throws IOException;
    }

    static final Duration CHECK_INTERVAL = Duration.ofMillis(200);

    /** Redis counts as unavailable after this many failed checks in a row. One may fail because this process paused. */
    private static final int FAILURES_UNTIL_DOWN = 2;

    private static final Logger log = LoggerFactory.getLogger(Availability.class);

    private final String redis;
    private final HealthProbe probe;
    private final CompletableFuture<Boolean> initialCheck = new CompletableFuture<>();
    private final List<Consumer<Boolean>> listeners = new ArrayList<>();

    /** The causes logged since Redis was last available: each is logged once, also if two of them alternate. */
    private final Set<String> loggedCauses = new HashSet<>();

    private volatile boolean up;
    private boolean closed;
    private int failures;

    /** @param redis describes Redis in log messages */
    Availability(String redis, HealthProbe probe) {
        this.redis = redis;
        this.probe = probe;
    }

    /** @param scheduler has a thread for this alone: connecting may block it */
    void start(ScheduledExecutorService scheduler) {
        var unused = scheduler.scheduleWithFixedDelay(
                this::checkHealth, 0, CHECK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isUp() {
        return up;
    }

    /** Completes with the result of the first health check. */
    CompletionStage<Boolean> initialCheck() {
        return initialCheck;
    }

    /** Calls the listener with the current state, and at each change. It must be short. */
    synchronized void addListener(Consumer<Boolean> listener) {
        listeners.add(listener);
        listener.accept(up);
    }

    void checkHealth() {
        try {
            var unused = probe.check().thenAccept(alive -> onHealthCheck(alive, null));
        } catch (IOException | RuntimeException e) {
            onHealthCheck(false, e);
        }
    }

    private synchronized void onHealthCheck(boolean alive, @Nullable Exception connectFailure) {
        if (closed) {
            return;
        }
        if (connectFailure != null && loggedCauses.add(RedisErrors.describeRootCause(connectFailure))) {
            log.warn(
                    "Cannot connect to {}: {}; retrying every {} ms",
                    redis,
                    RedisErrors.describeRootCause(connectFailure),
                    CHECK_INTERVAL.toMillis());
        }
        failures = alive ? 0 : failures + 1;
        boolean now = alive || (up && failures < FAILURES_UNTIL_DOWN);
        if (now != up) {
            up = now;
            if (now) {
                log.info("Redis is available: {}", redis);
                loggedCauses.clear();
            } else {
                log.warn("Redis is unavailable: {}", redis);
            }
            listeners.forEach(listener -> listener.accept(now));
        }
        initialCheck.complete(alive);
    }

    /** Ignores health checks from now on: the state stays, and nothing is logged. */
    @Override
    public synchronized void close() {
        closed = true;
    }
}
