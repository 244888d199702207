package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The time in announcements shows that the clock of Redis was set. */
@Tag("unit")
class ClockWatchTest {

    private static final long START_MILLIS = 1_800_000_000_000L;

    private final AtomicLong nanos = new AtomicLong();
    private final List<Duration> delays = new ArrayList<>();
    private final List<Runnable> scheduled = new ArrayList<>();
    private final AtomicLong steps = new AtomicLong();

    /** The first letter of a user is the master. */
    private final ClockWatch clock = new ClockWatch(
            user -> user.charAt(0),
            steps::incrementAndGet,
            (delay, task) -> {
                delays.add(delay);
                scheduled.add(task);
            },
            nanos::get);

    @ParameterizedTest
    @CsvSource({
        // ms between two announcements by the clock of Redis, and by that of the server; whether it is a step
        "     10,     10, false",
        "   -900,     10, false", // a clock that is corrected a little
        "  -1100,     10, true",
        "3600000, 3600000, false",
        "  50000,     10, false", // the first one waited
        "  61000,     10, true",
        "3600000,  10000, true",
    })
    void stepIsADifferenceThatTimeDoesNotExplain(long redisMillis, long serverMillis, boolean isStep) {
        announce("alice", 0);
        nanos.addAndGet(Duration.ofMillis(serverMillis).toNanos());
        announce("alice", redisMillis);
        assertThat(scheduled).hasSize(isStep ? 1 : 0);
    }

    @Test
    void eachStepIsHandledOnceAndNotMoreOftenThanEveryTenSeconds() {
        announce("alice", 7_200_000);
        announce("bob", 0); // another master, whose clock differs
        announce("alice", 3_600_000);
        announce("alice", 3_600_001);
        assertThat(delays).containsExactly(Duration.ZERO);
        scheduled.get(0).run();

        announce("bob", 1);
        announce("alice", 0);
        announce("alice", -3_600_000);
        assertThat(delays).containsExactly(Duration.ZERO, Duration.ofSeconds(10));
        scheduled.get(1).run();
        assertThat(steps).hasValue(2);
    }

    private void announce(String user, long millis) {
        clock.onMessage("1 " + (START_MILLIS + millis) * 1_000 + " " + user);
    }
}
