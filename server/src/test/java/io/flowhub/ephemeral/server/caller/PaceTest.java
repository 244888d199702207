package io.flowhub.ephemeral.server.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
@Tag("quick")
class PaceTest {

    /** Near the overflow, which the clock of the JVM may pass. */
    private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1);

    private final Pace pace = new Pace(100, now);

    private int take() {
        int taken = 0;
        while (pace.tryTake(now)) {
            taken++;
        }
        return taken;
    }

    @Test
    void burstIsAQuarterOfASecondAndThenTheRateHolds() {
        assertThat(take()).isEqualTo(25);
        now += TimeUnit.MILLISECONDS.toNanos(100);
        assertThat(take()).isEqualTo(10);
        now += TimeUnit.SECONDS.toNanos(60);
        assertThat(take()).isEqualTo(25);
        pace.setRate(1);
        assertThat(take())
                .as("a burst has 10 calls at least, also after the rate changed")
                .isBetween(9, 10);
        now += TimeUnit.SECONDS.toNanos(3);
        assertThat(take()).isEqualTo(3);
    }

    @Test
    void overdraftGrowsWithEachCallUpToTwoSecondsAndIsPaidBackByTime() {
        for (int i = 0; i < 25; i++) {
            assertThat(pace.overdraw(now)).isZero();
        }
        assertThat(pace.overdraw(now)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(10));
        for (int i = 0; i < 1_000; i++) {
            pace.overdraw(now);
        }
        assertThat(pace.overdraw(now)).isEqualTo(TimeUnit.SECONDS.toNanos(2));
        now += TimeUnit.MILLISECONDS.toNanos(2_300);
        assertThat(pace.overdraw(now)).isZero();
    }
}
