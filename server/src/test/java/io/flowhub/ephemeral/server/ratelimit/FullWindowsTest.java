package io.flowhub.ephemeral.server.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.Policy;
import io.flowhub.ephemeral.server.config.Policy.Algorithm;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FullWindowsTest {

    private static final Rule FIVE_A_MINUTE = Rule.of(new Policy(5, Duration.ofMinutes(1), Algorithm.FIXED_WINDOW));
    private static final Check CHECK = new Check("rate:u:a", FIVE_A_MINUTE, 1, "");

    private final AtomicLong nanos = new AtomicLong();
    private final FullWindows windows = new FullWindows(nanos::get);

    @Test
    void fullWindowIsDeniedUntilItEnds() {
        learn(CHECK, 0, 700);
        assertThat(windows.denial(CHECK)).isNotNull();
        assertThat(Objects.requireNonNull(windows.denial(CHECK)).retryMillis()).isBetween(699L, 701L);
        pass(Duration.ofMillis(699));
        assertThat(windows.denial(CHECK)).isNotNull();
        pass(Duration.ofMillis(1));
        assertThat(windows.denial(CHECK)).isNull();
    }

    @Test
    void denialIsBelievedForASecondOnly() {
        learn(CHECK, 0, 50_000);
        pass(Duration.ofMillis(999));
        assertThat(windows.denial(CHECK)).isNotNull();
        pass(Duration.ofMillis(2));
        assertThat(windows.denial(CHECK)).isNull();
    }

    @Test
    void windowWithRoomIsAlwaysAskedFor() {
        learn(CHECK, 1, 50_000);
        assertThat(windows.denial(CHECK)).isNull();
    }

    @Test
    void otherAlgorithmsAreAlwaysAskedFor() {
        Rule bucket = Rule.of(new Policy(5, Duration.ofMinutes(1), Algorithm.TOKEN_BUCKET));
        Check check = new Check("rate:u:a", bucket, 1, "");
        learn(check, 0, 50_000);
        assertThat(windows.denial(check)).isNull();
    }

    @Test
    void changedPolicyIsAskedFor() {
        learn(CHECK, 0, 50_000);
        Rule six = Rule.of(new Policy(6, Duration.ofMinutes(1), Algorithm.FIXED_WINDOW));
        assertThat(windows.denial(new Check("rate:u:a", six, 1, ""))).isNull();
    }

    @Test
    void refundAnywhereEndsTheDenial() {
        learn(CHECK, 0, 50_000);
        windows.onMessage("rate:other:a");
        assertThat(windows.denial(CHECK)).isNotNull();
        windows.onMessage("rate:u:a");
        assertThat(windows.denial(CHECK)).isNull();
    }

    @Test
    void replyThatLeftBeforeARefundIsNotBelieved() {
        FullWindows.Moment left = windows.moment();
        windows.onMessage("rate:u:a");
        windows.learn(CHECK, new Verdict(5, 0, 50_000, 50_000, false), left);
        assertThat(windows.denial(CHECK)).isNull();
    }

    @Test
    void lostSubscriptionForgetsEverything() {
        learn(CHECK, 0, 50_000);
        windows.onGap();
        assertThat(windows.denial(CHECK)).isNull();
    }

    @Test
    void moreHitsThanTheLimitAreToldNoTime() {
        learn(CHECK, 0, 50_000);
        Verdict denial = Objects.requireNonNull(windows.denial(new Check("rate:u:a", FIVE_A_MINUTE, 6, "")));
        assertThat(denial.retryMillis()).isEqualTo(Verdict.NEVER);
        assertThat(denial.allowed()).isFalse();
    }

    private void learn(Check check, int remaining, long resetMillis) {
        windows.learn(check, new Verdict(5, remaining, resetMillis, 0, false), windows.moment());
    }

    private void pass(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }
}
