package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects that the clock of Redis was set: the versions of announcements are its time, and those of one master arrive in
 * the order of its changes. Set back, it makes later announcements look old; set ahead, it makes keys and the expiry index
 * expire, so that nothing is announced.
 */
final class ClockWatch implements Subscriber {

    private static final Logger log = LoggerFactory.getLogger(ClockWatch.class);

    private static final LogEvent STEP =
            LogEvent.warn("redis_clock_set", "The clock of Redis was set: all watched users are read again");

    /** A clock that is slewed never goes back. What is set back by less has no effect for longer. */
    private static final Duration BACK = Duration.ofSeconds(1);

    /** Announcements that waited may seem to be ahead. A step by less does not end the expiry index. */
    private static final Duration AHEAD = Duration.ofMinutes(1);

    /** The listener reads all users that are watched. */
    private static final Duration MIN_INTERVAL = Duration.ofSeconds(10);

    /** A failover replaces a master. All are dropped beyond this many. */
    private static final int MAX_MASTERS = 1_000;

    private final Function<String, Object> masterOf;
    private final Runnable onStep;
    private final BiConsumer<Duration, Runnable> later;
    private final Ticker ticker;
    private final Map<Object, Latest> latestByMaster = new HashMap<>();
    private long lastRunNanos;
    private boolean scheduled;

    /**
     * The latest announcement.
     *
     * @param nanos when it arrived
     */
    private record Latest(long micros, long nanos) {}

    /**
     * @param masterOf the master of a user
     * @param onStep runs after a clock was set, at most every 10 s
     * @param later runs a task after a delay
     */
    ClockWatch(
            Function<String, Object> masterOf, Runnable onStep, BiConsumer<Duration, Runnable> later, Ticker ticker) {
        this.masterOf = masterOf;
        this.onStep = onStep;
        this.later = later;
        this.ticker = ticker;
        this.lastRunNanos = ticker.read() - MIN_INTERVAL.toNanos();
    }

    @Override
    public void onMessage(String message) {
        UserState state = UserState.parseAnnouncement(message);
        if (state != null && isAfterStep(masterOf.apply(state.userId()), state.version())) {
            schedule();
        }
    }

    @Override
    public void onGap() {}

    /** Whether the clock was set since the latest announcement of the master. */
    private synchronized boolean isAfterStep(Object master, long micros) {
        long now = ticker.read();
        Latest latest = latestByMaster.get(master);
        boolean isAfterStep = latest != null && isStep(latest, micros, now);
        if (latest == null || isAfterStep || micros > latest.micros()) {
            if (latestByMaster.size() >= MAX_MASTERS) {
                latestByMaster.clear();
            }
            latestByMaster.put(master, new Latest(micros, now));
        }
        return isAfterStep;
    }

    private static boolean isStep(Latest latest, long micros, long nanos) {
        long differenceMicros = micros - latest.micros();
        long elapsedMicros = (nanos - latest.nanos()) / 1_000;
        return differenceMicros < -BACK.toNanos() / 1_000 || differenceMicros - elapsedMicros > AHEAD.toNanos() / 1_000;
    }

    private synchronized void schedule() {
        if (!scheduled) {
            scheduled = true;
            long nanos = lastRunNanos + MIN_INTERVAL.toNanos() - ticker.read();
            later.accept(Duration.ofNanos(Math.max(0, nanos)), this::run);
        }
    }

    private void run() {
        synchronized (this) {
            scheduled = false;
            lastRunNanos = ticker.read();
        }
        STEP.log(log);
        onStep.run();
    }
}
