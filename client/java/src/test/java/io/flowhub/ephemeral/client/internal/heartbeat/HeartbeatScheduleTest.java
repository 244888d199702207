package io.flowhub.ephemeral.client.internal.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tests pass the time. */
@Tag("unit")
class HeartbeatScheduleTest {

    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration INTERVAL = Duration.ofSeconds(3);
    private static final Duration LIFETIME = Duration.ofSeconds(10);
    private static final int TICKS = 30;

    /** nanoTime starts anywhere, so these times overflow. */
    private static final long START = Long.MAX_VALUE - INTERVAL.toNanos();

    private final HeartbeatSchedule schedule = new HeartbeatSchedule(TICK, new SplittableRandom(7));

    @Test
    void firstHeartbeatIsDueAtOnceAndLaterOnesAreSpreadEvenly() {
        add(30_000);
        assertThat(sendAllDue(START)).hasSize(30_000);

        List<Integer> sizes = new ArrayList<>();
        for (int tick = 1; tick <= 3 * TICKS; tick++) {
            sizes.add(sendAllDue(at(tick)).size());
        }

        assertThat(sizes).allMatch(size -> size > 500 && size < 1_500);
    }

    @Test
    void noHeartbeatIsLaterThanTheInterval() {
        add(1_000);
        sendAllDue(START);
        long[] last = new long[1_000];
        Arrays.fill(last, START);
        for (int tick = 1; tick <= 10 * TICKS; tick++) {
            for (HeartbeatTimer timer : sendAllDue(at(tick))) {
                int user = Integer.parseInt(timer.key.userId());
                assertThat(at(tick) - last[user])
                        .isLessThanOrEqualTo(INTERVAL.plus(TICK).toNanos());
                last[user] = at(tick);
            }
        }
        assertThat(Arrays.stream(last)).allMatch(time -> at(10 * TICKS) - time <= INTERVAL.toNanos());
    }

    @Test
    void rejectedHeartbeatIsRetriedAfterOneTickAndThenWithDoubledWaits() {
        add(1);
        List<Integer> ticks = new ArrayList<>();
        for (int tick = 0; tick <= 100; tick++) {
            for (HeartbeatTimer timer : schedule.takeDue(at(tick), 1)) {
                ticks.add(tick);
                schedule.rejected(timer, at(tick));
            }
        }

        assertThat(ticks).containsExactly(0, 1, 3, 7, 15, 31, 61, 91);
    }

    @Test
    void reconnectSpreadsAllUsersOverOneIntervalOldestFirst() {
        add(3_000);
        sendAllDueUntil(2 * TICKS);
        int reconnect = 2 * TICKS + 10; // A second without a server.
        schedule.spread(at(reconnect));

        List<HeartbeatTimer> order = new ArrayList<>();
        for (int tick = reconnect; tick <= reconnect + TICKS; tick++) {
            List<HeartbeatTimer> due = schedule.takeDue(at(tick), 10_000);
            assertThat(due).hasSizeLessThanOrEqualTo(200);
            order.addAll(due);
        }

        assertThat(order).hasSize(3_000);
        assertThat(order).isSortedAccordingTo((one, other) -> Long.signum(one.acceptedAt - other.acceptedAt));
    }

    @Test
    void reconnectSendsUsersAboutToExpireFirst() {
        add(1_000);
        sendAllDueUntil(TICKS);
        int reconnect = TICKS + 85; // Some lifetimes have ended, others not yet.
        long aliveSince = at(reconnect) - LIFETIME.toNanos();
        long alive = schedule.takeDue(at(reconnect), 1_000).stream()
                .peek(timer -> schedule.lost(timer, at(reconnect)))
                .filter(timer -> timer.acceptedAt - aliveSince > 0)
                .count();
        assertThat(alive).isBetween(100L, 900L);
        schedule.spread(at(reconnect));

        List<HeartbeatTimer> first = schedule.takeDue(at(reconnect + 1), 1_000);

        assertThat(first.stream().filter(timer -> timer.acceptedAt - aliveSince > 0))
                .hasSize((int) alive);
    }

    @Test
    void removedUserIsNotSentAgain() {
        add(2);
        HeartbeatTimer removed = schedule.takeDue(START, 1).get(0);
        schedule.remove(removed);
        schedule.accepted(removed, START);

        assertThat(schedule.takeDue(at(100), 10)).hasSize(1).doesNotContain(removed);
    }

    private void add(int users) {
        for (int i = 0; i < users; i++) {
            schedule.add(new HeartbeatKey(String.valueOf(i), ""), START);
        }
    }

    private List<HeartbeatTimer> sendAllDue(long now) {
        List<HeartbeatTimer> due = schedule.takeDue(now, 100_000);
        due.forEach(timer -> schedule.accepted(timer, now));
        return due;
    }

    private void sendAllDueUntil(int lastTick) {
        for (int tick = 0; tick <= lastTick; tick++) {
            sendAllDue(at(tick));
        }
    }

    private static long at(int tick) {
        return START + tick * TICK.toNanos();
    }
}
