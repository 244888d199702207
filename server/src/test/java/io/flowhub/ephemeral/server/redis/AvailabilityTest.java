package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The state machine of probes, with a probe that answers as the test chooses and a clock that it sets. */
@Tag("unit")
class AvailabilityTest {

    private static final OutageCause TIMEOUT = OutageCause.of(new TimeoutException());
    private static final OutageCause READONLY = OutageCause.ofReply("SET", "READONLY You can't write");

    @AutoClose
    private final CapturedLog log = CapturedLog.of(Availability.class);

    private final List<Boolean> received = new CopyOnWriteArrayList<>();
    private final Traffic traffic = new Traffic();
    private Duration now = Duration.ZERO;
    private Duration roundTrip = Duration.ZERO;
    private final Availability availability =
            new Availability("test Redis", () -> now.toNanos(), traffic, () -> roundTrip, this::probe);

    private int probes;
    private @Nullable OutageCause cause;
    private @Nullable IOException connectFailure;
    private @Nullable CompletableFuture<Optional<OutageCause>> pending;

    // State

    @Test
    void listenerReceivesTheStateAndEachChangeOnceAndChangesAreLogged() {
        availability.addListener(received::add);
        up();
        down(TIMEOUT);
        up();

        assertThat(received).containsExactly(false, true, false, true);
        assertThat(log.messages(Level.INFO))
                .as("not at the start, which is a line of its own")
                .containsExactly("Redis is available: test Redis");
        assertThat(log.messages(Level.WARN)).containsExactly("Redis is unavailable: test Redis: " + TIMEOUT);
    }

    @Test
    void oneProbeWithoutAReplyIsNotAnOutageAndAnErrorReplyIs() {
        up();
        availability.addListener(received::add);
        cause = TIMEOUT;
        ticks(Availability.IDLE_INTERVAL, 1);
        cause = null;
        ticks(Availability.TICK, 1);

        assertThat(availability.isUp()).isTrue();
        cause = READONLY;
        ticks(Availability.IDLE_INTERVAL, 1);
        assertThat(received).containsExactly(true, false);
        assertThat(availability.cause().word()).isEqualTo("READONLY");
    }

    /** The change arrives after addListener has read the state and before the listener has received it. */
    @Test
    void listenerAddedDuringAChangeEndsWithTheCurrentState() throws Exception {
        Thread change = new Thread(availability::tick, "change");
        Consumer<Boolean> listener = up -> {
            if (change.getState() == Thread.State.NEW) {
                change.start();
                Eventually.within(
                        Duration.ofSeconds(5),
                        "the process has ended",
                        () -> change.getState() == Thread.State.BLOCKED || !change.isAlive());
            }
            received.add(up);
        };
        availability.addListener(listener);
        change.join(5_000);

        assertThat(received).containsExactly(false, true);
    }

    @Test
    void initialCheckIsTheFirstResult() {
        assertThat(availability.initialCheck().toCompletableFuture()).isNotDone();
        cause = TIMEOUT;
        availability.tick();
        up();

        assertThat(availability.initialCheck().toCompletableFuture()).isCompletedWithValue(false);
    }

    @Test
    void nothingChangesAfterClose() {
        up();
        availability.addListener(received::add);
        log.clear();
        availability.close();
        down(TIMEOUT);
        connectFailure = new ConnectException("closed");
        ticks(Availability.TICK, 3);

        assertThat(received).containsExactly(true);
        assertThat(log.messages()).isEmpty();
    }

    // Causes

    @Test
    void eachChangeOfTheCauseIsOneLineAndAlternatingCausesAreNoFlood() {
        IOException wrapped = new IOException("no connection", new IllegalStateException("WRONGPASS user secret"));
        for (IOException failure : List.of(
                new ConnectException("Connection refused"),
                new ConnectException("Connection refused: again"),
                wrapped,
                new ConnectException("Connection refused"),
                wrapped,
                new UnknownHostException("redis.internal"))) {
            connectFailure = failure;
            ticks(Duration.ofSeconds(2), 1);
        }
        List<String> words = List.of("connection refused", "WRONGPASS", "unknown host");
        assertThat(warnings()).containsExactlyElementsOf(words);

        connectFailure = wrapped;
        ticks(Duration.ofMinutes(2), 1);
        assertThat(warnings()).hasSize(4).endsWith("WRONGPASS");
        assertThat(log.messages()).noneMatch(line -> line.contains("secret"));
    }

    private List<String> warnings() {
        return log.messages(Level.WARN).stream()
                .map(line -> line.replaceAll("Redis is unavailable: test Redis: (.*) \\(.*\\)", "$1"))
                .toList();
    }

    // When a probe is sent

    @Test
    void withoutCallsOneProbeIsSentEvery30Seconds() {
        up();
        probes = 0;
        ticks(Availability.TICK, 5 * 300);
        assertThat(probes).isBetween(9, 10);
    }

    @Test
    void callsWithRepliesNeedNoMoreProbes() {
        up();
        probes = 0;
        for (int i = 0; i < 5 * 60; i++) {
            traffic.onSent();
            ticks(Availability.TICK, 1);
            traffic.onReply();
        }
        assertThat(probes).isLessThanOrEqualTo(2);
    }

    @Test
    void callThatWaitsOrFailsWithoutAReplyIsProbedAtOnce() {
        up();
        probes = 0;
        traffic.onSent();
        traffic.onFailure();
        ticks(Availability.TICK, 1);
        assertThat(probes).as("after a failure").isEqualTo(1);

        traffic.onSent();
        ticks(Availability.TICK, 2);
        assertThat(probes).as("the call has waited for a tick").isEqualTo(2);

        cause = TIMEOUT;
        ticks(Availability.TICK, 2);
        assertThat(availability.isUp()).isFalse();
    }

    @Test
    void callToADistantRedisIsProbedAfterItsRoundTripOnly() {
        roundTrip = Duration.ofMillis(200);
        up();
        probes = 0;
        for (int i = 0; i < 10; i++) {
            traffic.onSent();
            ticks(Availability.TICK, 2);
            traffic.onReply();
        }
        assertThat(probes).isZero();

        traffic.onSent();
        ticks(Availability.TICK, 3);
        assertThat(probes).as("no reply after two ticks").isEqualTo(1);
    }

    @Test
    void replyThatQuestionsWritesIsProbedOnceASecond() {
        up();
        probes = 0;
        for (int i = 0; i < 5 * 10; i++) {
            traffic.onSent();
            traffic.onReply();
            traffic.onDoubt();
            ticks(Availability.TICK, 1);
        }
        assertThat(probes).isBetween(8, 11);
    }

    @Test
    void unavailableRedisIsProbedAtEachTickOrEachSecondIfItReplies() {
        down(TIMEOUT);
        probes = 0;
        ticks(Availability.TICK, 10);
        assertThat(probes).isEqualTo(10);

        cause = READONLY;
        ticks(Availability.TICK, 1);
        probes = 0;
        ticks(Availability.TICK, 5 * 10);
        assertThat(probes).isBetween(9, 10);
    }

    @Test
    void atMostTwoProbesAreInFlight() {
        pending = new CompletableFuture<>();
        ticks(Availability.TICK, 10);

        assertThat(probes).isEqualTo(2);
    }

    // Helpers

    private CompletionStage<Optional<OutageCause>> probe() throws IOException {
        probes++;
        if (connectFailure != null) {
            throw connectFailure;
        }
        return pending == null ? CompletableFuture.completedFuture(Optional.ofNullable(cause)) : pending;
    }

    private void up() {
        cause = null;
        ticks(Availability.IDLE_INTERVAL, 1);
    }

    private void down(OutageCause why) {
        cause = why;
        ticks(Availability.IDLE_INTERVAL, 2);
    }

    private void ticks(Duration interval, int count) {
        for (int i = 0; i < count; i++) {
            now = now.plus(interval);
            availability.tick();
        }
    }
}
