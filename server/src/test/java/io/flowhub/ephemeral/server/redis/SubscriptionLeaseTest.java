package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class SubscriptionLeaseTest {

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // the clock may overflow
    private final List<String> published = new ArrayList<>();
    private final SubscriptionLease lease = new SubscriptionLease(nanos::get, "a1", published::add);

    @Test
    void isHeldFromTheArrivalUntilASecondAfterTheSending() {
        assertThat(isHeld()).isFalse();
        later(200);
        lease.onMessage(published.get(0));
        assertThat(isHeld()).isTrue();
        later(799);
        assertThat(isHeld()).isTrue();
        later(1);
        assertThat(isHeld()).isFalse();
    }

    @Test
    void isRenewedForAsLongAsItIsAskedFor() {
        for (int i = 0; i < 100; i++) {
            boolean held = isHeld();
            assertThat(held).as("after " + 100 * i + " ms").isEqualTo(i > 0);
            lease.onMessage(published.get(published.size() - 1));
            later(100);
        }
        assertThat(published).as("one for each half second").hasSize(20).doesNotHaveDuplicates();
        later(60_000);
        assertThat(published).as("nothing asks").hasSize(20);
    }

    @Test
    void messageOfAnotherServerOrOfAnEarlierRenewalDoesNotRenew() {
        assertThat(isHeld()).isFalse();
        lease.onMessage("");
        lease.onMessage("a12 1");
        lease.onMessage("b1 1");
        assertThat(isHeld()).isFalse();

        later(600);
        assertThat(isHeld()).isFalse();
        lease.onMessage(published.get(0));
        assertThat(isHeld()).as("it says nothing of the time since").isFalse();
        lease.onMessage(published.get(1));
        assertThat(isHeld()).isTrue();
    }

    @Test
    void endsWithTheSubscription() {
        assertThat(isHeld()).isFalse();
        lease.onMessage(published.get(0));
        assertThat(isHeld()).isTrue();
        lease.onGap();
        assertThat(isHeld()).isFalse();
        lease.onMessage(published.get(0));
        assertThat(isHeld()).as("sent before the gap").isFalse();

        later(600);
        assertThat(isHeld()).isFalse();
        lease.onMessage(published.get(published.size() - 1));
        assertThat(isHeld()).isTrue();
    }

    private boolean isHeld() {
        return lease.isHeld(nanos.get());
    }

    private void later(long millis) {
        nanos.addAndGet(Duration.ofMillis(millis).toNanos());
    }
}
