package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Who is beaten when, without a clock: the tests say what time it is. */
class PulsesTest {

    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration INTERVAL = Duration.ofSeconds(3);
    private static final Duration LIFETIME = Duration.ofSeconds(10);
    private static final int TICKS = 30;

    /** Near the end of the numbers: the clock may start anywhere. */
    private static final long START = Long.MAX_VALUE - INTERVAL.toNanos();

    private final Pulses pulses = new Pulses(TICK, new SplittableRandom(7));

    @Test
    void whoIsNewIsBeatenAtOnceAndLaterAtAnEvenPace() {
        add(30_000);
        assertThat(beatAllDue(START)).hasSize(30_000);

        List<Integer> sizes = new ArrayList<>();
        for (int tick = 1; tick <= 3 * TICKS; tick++) {
            sizes.add(beatAllDue(at(tick)).size());
        }

        assertThat(sizes).allMatch(size -> size > 500 && size < 1_500);
    }

    @Test
    void nobodyIsBeatenLaterThanTheInterval() {
        add(1_000);
        beatAllDue(START);
        long[] last = new long[1_000];
        Arrays.fill(last, START);
        for (int tick = 1; tick <= 10 * TICKS; tick++) {
            for (Pulse pulse : beatAllDue(at(tick))) {
                int user = Integer.parseInt(pulse.beat.userId());
                assertThat(at(tick) - last[user])
                        .isLessThanOrEqualTo(INTERVAL.plus(TICK).toNanos());
                last[user] = at(tick);
            }
        }
        assertThat(Arrays.stream(last)).allMatch(time -> at(10 * TICKS) - time <= INTERVAL.toNanos());
    }

    @Test
    void intervalIsWhatTheServerSays() {
        pulses.keep(Duration.ofSeconds(1), LIFETIME);
        add(100);
        beatAllDue(START);

        assertThat(beatAllDue(at(10))).hasSize(100);
    }

    @Test
    void refusedHeartbeatIsSentAgainAtTheNextTickAndThenLessAndLessOften() {
        add(1);
        List<Integer> ticks = new ArrayList<>();
        for (int tick = 0; tick <= 100; tick++) {
            for (Pulse pulse : pulses.takeDue(at(tick), 1)) {
                ticks.add(tick);
                pulses.refused(pulse, at(tick));
            }
        }

        assertThat(ticks).containsExactly(0, 1, 3, 7, 15, 31, 61, 91);
    }

    @Test
    void afterABreakAllHaveTheirTurnWithinOneIntervalTheLongestWithoutFirst() {
        add(3_000);
        beatAllDue(START);
        for (int tick = 1; tick <= 2 * TICKS; tick++) {
            beatAllDue(at(tick));
        }
        int back = 2 * TICKS + 10; // A second without a server.
        pulses.spread(at(back));

        List<Pulse> order = new ArrayList<>();
        for (int tick = back; tick <= back + TICKS; tick++) {
            List<Pulse> due = pulses.takeDue(at(tick), 10_000);
            assertThat(due).hasSizeLessThanOrEqualTo(200);
            order.addAll(due);
        }

        assertThat(order).hasSize(3_000);
        assertThat(order).isSortedAccordingTo((one, other) -> Long.signum(one.takenAt - other.takenAt));
    }

    @Test
    void afterALongBreakWhoCanStillBeSavedDoesNotWaitForHisTurn() {
        add(1_000);
        beatAllDue(START);
        for (int tick = 1; tick <= TICKS; tick++) {
            beatAllDue(at(tick));
        }
        int back = TICKS + 85; // Some have been offline for a while now, and some not yet.
        long aliveSince = at(back) - LIFETIME.toNanos();
        long alive = pulses.takeDue(at(back), 1_000).stream()
                .peek(pulse -> pulses.lost(pulse, at(back)))
                .filter(pulse -> pulse.takenAt - aliveSince > 0)
                .count();
        assertThat(alive).isBetween(100L, 900L);
        pulses.spread(at(back));

        List<Pulse> inTime = pulses.takeDue(at(back + 1), 1_000);

        assertThat(inTime.stream().filter(pulse -> pulse.takenAt - aliveSince > 0))
                .hasSize((int) alive);
    }

    @Test
    void whoIsRemovedIsNotBeatenAgain() {
        add(2);
        Pulse gone = pulses.takeDue(START, 1).get(0);
        pulses.remove(gone);
        pulses.taken(gone, START);

        assertThat(pulses.takeDue(at(100), 10)).hasSize(1).doesNotContain(gone);
    }

    private void add(int users) {
        for (int i = 0; i < users; i++) {
            pulses.add(new Beat(String.valueOf(i), ""), START);
        }
    }

    private List<Pulse> beatAllDue(long now) {
        List<Pulse> due = pulses.takeDue(now, 100_000);
        due.forEach(pulse -> pulses.taken(pulse, now));
        return due;
    }

    private static long at(int tick) {
        return START + tick * TICK.toNanos();
    }
}
