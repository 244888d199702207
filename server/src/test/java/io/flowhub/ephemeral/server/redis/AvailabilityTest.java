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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The state machine of health checks, with a health probe that answers as the test chooses. */
@Tag("unit")
class AvailabilityTest {

    @AutoClose
    private final CapturedLog log = CapturedLog.of(Availability.class);

    private final List<Boolean> received = new CopyOnWriteArrayList<>();
    private final Availability availability = new Availability("test Redis", this::probe);

    private boolean alive = true;
    private @Nullable IOException connectFailure;

    @Test
    void listenerReceivesTheStateAndEachChangeOnceAndChangesAreLogged() {
        availability.addListener(received::add);
        check(true, true, false, false, false, true);

        assertThat(received).containsExactly(false, true, false, true);
        assertThat(log.messages(Level.INFO))
                .containsExactly("Redis is available: test Redis", "Redis is available: test Redis");
        assertThat(log.messages(Level.WARN)).containsExactly("Redis is unavailable: test Redis");
    }

    @Test
    void oneFailedCheckIsNotAnOutage() {
        check(true);
        availability.addListener(received::add);
        check(false, true, false, true);

        assertThat(availability.isUp()).isTrue();
        assertThat(received).containsExactly(true);
    }

    /** The change arrives after addListener has read the state and before the listener has received it. */
    @Test
    void listenerAddedDuringAChangeEndsWithTheCurrentState() throws Exception {
        Thread change = new Thread(availability::checkHealth, "change");
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
        check(false, true);

        assertThat(availability.initialCheck().toCompletableFuture()).isCompletedWithValue(false);
    }

    @Test
    void nothingChangesAfterClose() {
        check(true);
        availability.addListener(received::add);
        log.clear();
        availability.close();
        check(false, false, false);
        connectFailure = new ConnectException("closed");
        check(false);

        assertThat(received).containsExactly(true);
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void eachCauseOfAFailedConnectIsLoggedOnce() {
        IOException wrapped = new IOException("no connection", new IllegalStateException("WRONGPASS user secret"));
        for (IOException cause : List.of(
                new ConnectException("refused"),
                new ConnectException("refused again"),
                wrapped,
                new ConnectException("refused"),
                wrapped,
                new UnknownHostException("redis.internal"))) {
            connectFailure = cause;
            check(false);
        }

        assertThat(log.messages(Level.WARN))
                .containsExactly(
                        "Cannot connect to test Redis: ConnectException; retrying every 200 ms",
                        "Cannot connect to test Redis: IllegalStateException WRONGPASS; retrying every 200 ms",
                        "Cannot connect to test Redis: UnknownHostException; retrying every 200 ms");
    }

    private CompletionStage<Boolean> probe() throws IOException {
        if (connectFailure != null) {
            throw connectFailure;
        }
        return CompletableFuture.completedFuture(alive);
    }

    private void check(boolean... results) {
        for (boolean result : results) {
            alive = result;
            availability.checkHealth();
        }
    }
}
