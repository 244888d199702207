package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class SubscriptionWatchTest {

    private static final Duration BETWEEN_PROBES = Duration.ofSeconds(10);

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger closed = new AtomicInteger();
    private final SubscriptionWatch watch = new SubscriptionWatch(nanos::get, closed::incrementAndGet);

    @Test
    void twoProbesWithoutArrivalCloseTheConnections() {
        sendProbe();
        sendProbe();

        assertThat(closed).hasValue(1);
    }

    @Test
    void probeBeforeTheSubscriptionIsNotMissed() {
        sendProbe();
        watch.onGap();
        sendProbe();
        assertThat(closed).hasValue(0);

        sendProbe();
        assertThat(closed).hasValue(1);
    }

    @Test
    void arrivalEndsTheSilence() {
        sendProbe();
        watch.onMessage("");
        sendProbe();

        assertThat(closed).hasValue(0);
    }

    private void sendProbe() {
        watch.onSent();
        nanos.addAndGet(BETWEEN_PROBES.toNanos());
        watch.check();
    }
}
