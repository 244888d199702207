package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The measured round trip, the script calls in flight and the timeouts that follow from it, with a clock that the test sets. */
@Tag("unit")
class RoundTripTest {

    private static final int NEAR = 2;
    private static final int MAX = 256;

    private Duration now = Duration.ofHours(1);
    private final RoundTrip roundTrip = new RoundTrip(() -> now.toNanos());

    // What is measured

    @Test
    void shorterRoundTripCountsAtOnce() {
        assertThat(roundTrip.duration()).isZero();
        call(80);
        assertThat(roundTrip.duration()).hasMillis(80);
        call(20);
        call(50);
        assertThat(roundTrip.duration()).hasMillis(20);
    }

    @Test
    void longerRoundTripCountsAfterTwoWindows() {
        calls(100, 20);
        Duration moved = now;
        while (roundTrip.duration().toMillis() == 20) {
            call(50);
        }
        assertThat(roundTrip.duration()).hasMillis(50);
        assertThat(now.minus(moved)).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(21));
    }

    /** A server without calls sends a probe every 30 s. */
    @Test
    void fewSlowRepliesAreNoDistance() {
        calls(20, 1);
        for (int i = 0; i < 4; i++) {
            now = now.plusSeconds(30);
            call(200);
        }
        assertThat(roundTrip.duration()).hasMillis(1);
    }

    /** If they counted, more calls would be sent, and each would wait longer. */
    @Test
    void repliesThatWaitForThoseOfOthersAreNoDistance() {
        call(5);
        for (int round = 0; round < 1_000; round++) {
            List<RoundTrip.Call> busy = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                busy.add(roundTrip.begin());
            }
            now = now.plusMillis(100);
            busy.subList(2, 10).forEach(RoundTrip.Call::onReply);
            busy.subList(0, 2).forEach(RoundTrip.Call::onFailure);
        }
        assertThat(roundTrip.duration()).hasMillis(5);
    }

    @Test
    void callThatEndsTwiceIsCountedOnce() {
        RoundTrip.Call late = roundTrip.begin();
        late.onFailure();
        late.onReply();
        late.onReply();
        RoundTrip.Call other = roundTrip.begin();
        RoundTrip.Call first = roundTrip.begin();
        now = now.plusMillis(7);
        first.onReply();
        other.onFailure();
        assertThat(roundTrip.duration()).as("of the first reply").isZero();

        RoundTrip.Call alone = roundTrip.begin();
        assertThat(alone).isNotNull();
        roundTrip.begin();
        now = now.plusMillis(9);
        roundTrip.begin().onReply();
        assertThat(roundTrip.duration()).as("two others are in flight").isZero();
    }

    /** With the timeouts of a near Redis, no reply of one that is now far away would be in time. */
    @Test
    void replyAfterItsTimeoutCountsAtOnce() {
        calls(20, 1);
        RoundTrip.Call late = roundTrip.begin();
        now = now.plusMillis(350);
        late.onFailure();
        now = now.plusMillis(50);
        late.onReply();
        assertThat(roundTrip.duration()).hasMillis(400);
        assertThat(roundTrip.lateAfterMillis(350, 550)).isEqualTo(550);

        call(2);
        assertThat(roundTrip.duration()).hasMillis(2);
    }

    // What follows

    @ParameterizedTest
    @CsvSource({"0, 2", "1, 3", "5, 7", "20, 22", "50, 52", "200, 202", "300, 256"})
    void scriptCallsInFlightFillTheWay(long millis, int scripts) {
        call(millis);
        assertThat(roundTrip.scriptsInFlight(NEAR, MAX)).isEqualTo(scripts);
    }

    @Test
    void scriptCallsInFlightAreThoseOfANearMasterUntilItIsMeasured() {
        assertThat(roundTrip.scriptsInFlight(NEAR, MAX)).isEqualTo(NEAR);
        assertThat(roundTrip.scriptsInFlight(NEAR, 1)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"1, 350, 200", "50, 350, 200", "100, 400, 200", "130, 520, 230", "200, 550, 300", "300, 550, 400"})
    void replyIsLateThreeRoundTripsAfterTheUsualOneWithinTheBounds(long millis, long lateAfter, long expected) {
        assertThat(roundTrip.lateAfterMillis(350, 550))
                .as("before it is measured")
                .isEqualTo(550);
        call(millis);
        assertThat(roundTrip.lateAfterMillis(350, 550)).isEqualTo(lateAfter);
        calls(7, millis);
        assertThat(roundTrip.expectedMillis(200)).isEqualTo(expected);
    }

    /** The first script call of a process waits for classes to load. */
    @Test
    void firstRepliesDoNotLetQueuedCallsWaitLonger() {
        calls(7, 300);
        assertThat(roundTrip.expectedMillis(200)).isEqualTo(200);
    }

    private void call(long millis) {
        RoundTrip.Call call = roundTrip.begin();
        now = now.plusMillis(millis);
        call.onReply();
    }

    private void calls(int count, long millis) {
        for (int i = 0; i < count; i++) {
            call(millis);
        }
    }
}
