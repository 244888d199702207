package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.event.LogEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Redis is available. A probe is sent only if the calls do not show it: when they wait or fail without a reply, when
 * a reply puts writes into question, and rarely when there are none. State changes and the calls of listeners share one
 * monitor, so the last value that a listener receives is the current one.
 */
final class Availability implements AutoCloseable {

    /** One probe. Completes with why Redis is unavailable, if it is. Throws while no connection can be made. */
    interface Probe {
        CompletionStage<Optional<OutageCause>> send() throws IOException;
    }

    /** How often it is decided whether to probe. */
    static final Duration TICK = Duration.ofMillis(200);

    /** Of a reply that arrives later than a round trip. */
    private static final Duration MAX_REPLY_DELAY = Duration.ofMillis(50);

    /** Delay between probes while calls succeed or there are none: rare, because some Redis are billed by command. */
    static final Duration IDLE_INTERVAL = Duration.ofSeconds(30);

    /** Delay between probes while Redis replies and rejects writes. While it does not reply, each tick probes. */
    private static final Duration REJECTED_INTERVAL = Duration.ofSeconds(1);

    /** Redis counts as unavailable after this many probes in a row without a reply. One may fail by the loss of a packet. */
    private static final int FAILURES_UNTIL_DOWN = 2;

    private static final int MAX_PROBES_IN_FLIGHT = 2;

    /** A cause that alternates with another one is not logged more often than this. */
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    private static final Logger log = LoggerFactory.getLogger(Availability.class);
    private static final LogEvent AVAILABLE = LogEvent.info("redis_available", "Redis is available: {redis}");
    private static final LogEvent UNAVAILABLE =
            LogEvent.warn("redis_unavailable", "Redis is unavailable: {redis}: {cause}");

    private final String redis;
    private final Ticker ticker;
    private final Traffic traffic;
    private final Supplier<Duration> roundTrip;
    private final Probe probe;
    private final CompletableFuture<Boolean> initialCheck = new CompletableFuture<>();
    private final List<Consumer<Boolean>> listeners = new ArrayList<>();

    /** When each cause was last logged, since Redis was last available. */
    private final Map<String, Long> loggedNanos = new HashMap<>();

    private volatile boolean up;
    private volatile OutageCause cause = OutageCause.notConnected();
    private boolean closed;
    private int failures;
    private int probesInFlight;
    private long lastProbeNanos;

    /**
     * @param redis describes Redis in log messages
     * @param roundTrip to Redis, or to its most distant master
     */
    Availability(String redis, Ticker ticker, Traffic traffic, Supplier<Duration> roundTrip, Probe probe) {
        this.redis = redis;
        this.ticker = ticker;
        this.traffic = traffic;
        this.roundTrip = roundTrip;
        this.probe = probe;
        this.lastProbeNanos = ticker.read() - IDLE_INTERVAL.toNanos();
    }

    /** @param scheduler has a thread for this alone: connecting may block it */
    void start(ScheduledExecutorService scheduler) {
        var unused = scheduler.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isUp() {
        return up;
    }

    /** Why Redis is unavailable, or was before it became available. */
    OutageCause cause() {
        return cause;
    }

    /** Completes with the result of the first probe. */
    CompletionStage<Boolean> initialCheck() {
        return initialCheck;
    }

    /** Calls the listener with the current state, and at each change. It must be short. */
    synchronized void addListener(Consumer<Boolean> listener) {
        listeners.add(listener);
        listener.accept(up);
    }

    /** Sends a probe if one is due. */
    void tick() {
        if (!beginProbe()) {
            return;
        }
        try {
            var unused = probe.send().thenAccept(this::onResult);
        } catch (IOException | RuntimeException e) {
            onResult(Optional.of(OutageCause.of(e)));
        }
    }

    private synchronized boolean beginProbe() {
        long now = ticker.read();
        Traffic.Sign sign = traffic.observe(patience());
        if (sign == Traffic.Sign.REPLIES && up) {
            failures = 0;
        }
        if (probesInFlight >= MAX_PROBES_IN_FLIGHT
                || now - lastProbeNanos < delay(sign).toNanos()) {
            return false;
        }
        lastProbeNanos = now;
        traffic.clearDoubt();
        probesInFlight++;
        return true;
    }

    /** How many ticks a call to a distant Redis waits for its reply. */
    private int patience() {
        return 1 + (int) roundTrip.get().plus(MAX_REPLY_DELAY).dividedBy(TICK);
    }

    private Duration delay(Traffic.Sign sign) {
        if (!up) {
            return cause.reply() ? REJECTED_INTERVAL : Duration.ZERO;
        }
        if (sign == Traffic.Sign.SILENCE || failures > 0) {
            return Duration.ZERO;
        }
        return traffic.inDoubt() ? REJECTED_INTERVAL : IDLE_INTERVAL;
    }

    private synchronized void onResult(Optional<OutageCause> failure) {
        probesInFlight--;
        if (closed) {
            return;
        }
        if (failure.isEmpty()) {
            failures = 0;
            onUp();
        } else {
            failures++;
            if (!up || failures >= FAILURES_UNTIL_DOWN || failure.get().reply()) {
                onDown(failure.get());
            }
        }
        initialCheck.complete(failure.isEmpty());
    }

    private void onUp() {
        if (!up) {
            up = true;
            if (initialCheck.isDone()) { // else the start is one line, which says it
                AVAILABLE.log(log, redis);
            }
            loggedNanos.clear();
            listeners.forEach(listener -> listener.accept(true));
        }
    }

    private void onDown(OutageCause why) {
        boolean changed = up || !why.equals(cause);
        cause = why;
        if (changed) {
            logOnce(why);
        }
        if (up) {
            up = false;
            listeners.forEach(listener -> listener.accept(false));
        }
    }

    private void logOnce(OutageCause why) {
        long now = ticker.read();
        Long before = loggedNanos.put(why.word(), now);
        if (before == null || now - before >= LOG_INTERVAL.toNanos()) {
            UNAVAILABLE.log(log, redis, why);
        }
    }

    /** Ignores probes from now on: the state stays, and nothing is logged. */
    @Override
    public synchronized void close() {
        closed = true;
    }
}
