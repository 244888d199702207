package io.flowhub.ephemeral.server.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import io.flowhub.ephemeral.server.ratelimit.WindowCache.Window;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class WindowCacheTest {

    private static final CompiledPolicy FIVE_A_MINUTE =
            CompiledPolicy.of(new Policy(5, Duration.ofMinutes(1), Algorithm.FIXED_WINDOW));
    private static final RateCheck CHECK = new RateCheck("rate:u:a", FIVE_A_MINUTE, 1, "");

    private final AtomicLong nanos = new AtomicLong();
    private final WindowCache windows = new WindowCache(nanos::get);

    @Test
    void windowIsCachedUntilItEnds() {
        put(CHECK, 0, 700);
        assertThat(windows.get(CHECK)).isEqualTo(new Window(true, 701));
        pass(Duration.ofMillis(699));
        assertThat(windows.get(CHECK)).isEqualTo(new Window(true, 2));
        pass(Duration.ofMillis(1));
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void windowWithRoomIsCachedAsNotFull() {
        put(CHECK, 1, 700);
        assertThat(windows.get(CHECK)).isEqualTo(new Window(false, 701));
    }

    @Test
    void entryExpiresAfterASecond() {
        put(CHECK, 0, 50_000);
        pass(Duration.ofMillis(999));
        assertThat(windows.get(CHECK)).isNotNull();
        pass(Duration.ofMillis(2));
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void keyWithoutACountIsNotCached() {
        put(CHECK, 5, 0);
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void otherAlgorithmsAreNotCached() {
        CompiledPolicy bucket = CompiledPolicy.of(new Policy(5, Duration.ofMinutes(1), Algorithm.TOKEN_BUCKET));
        RateCheck check = new RateCheck("rate:u:a", bucket, 1, "");
        put(check, 0, 50_000);
        assertThat(windows.get(check)).isNull();
    }

    @Test
    void changedPolicyInvalidatesTheEntry() {
        put(CHECK, 0, 50_000);
        CompiledPolicy six = CompiledPolicy.of(new Policy(6, Duration.ofMinutes(1), Algorithm.FIXED_WINDOW));
        assertThat(windows.get(new RateCheck("rate:u:a", six, 1, ""))).isNull();
    }

    @Test
    void keysOfOneSlotAreNotMixedUp() {
        RateCheck one = new RateCheck("rate:Aa:a", FIVE_A_MINUTE, 1, "");
        RateCheck other = new RateCheck("rate:BB:a", FIVE_A_MINUTE, 1, "");
        assertThat(one.key().hashCode()).isEqualTo(other.key().hashCode());
        put(one, 0, 50_000);
        assertThat(windows.get(other)).isNull();
        windows.onMessage(other.key());
        assertThat(windows.get(one)).isNotNull();
        put(other, 0, 50_000);
        assertThat(windows.get(one)).isNull();
    }

    @Test
    void publishedRefundInvalidatesTheEntry() {
        put(CHECK, 0, 50_000);
        windows.onMessage("rate:other:a");
        assertThat(windows.get(CHECK)).isNotNull();
        windows.onMessage("rate:u:a");
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void replyFromBeforeARefundIsNotCached() {
        WindowCache.Stamp sent = windows.stamp();
        windows.onMessage("rate:u:a");
        windows.put(CHECK, new Decision(5, 0, 50_000, 50_000, false), sent);
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void lostSubscriptionClearsTheCache() {
        put(CHECK, 0, 50_000);
        windows.onGap();
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void moreHitsThanTheLimitHaveNoRetryTime() {
        Decision denial = Decision.fullWindow(new RateCheck("rate:u:a", FIVE_A_MINUTE, 6, ""), 50_000);
        assertThat(denial.retryMillis()).isEqualTo(Decision.NEVER);
        assertThat(denial.allowed()).isFalse();
    }

    private void put(RateCheck check, int remaining, long resetMillis) {
        windows.put(check, new Decision(5, remaining, resetMillis, 0, false), windows.stamp());
    }

    private void pass(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }
}
