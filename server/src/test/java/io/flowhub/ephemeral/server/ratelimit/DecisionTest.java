package io.flowhub.ephemeral.server.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class DecisionTest {

    private static final RateMetrics METRICS = new RateMetrics(new PrometheusRegistry());

    /** A bucket of 3 tokens that needs 1,000 ms for all of them. A hit adds 1,000, a millisecond removes 3. */
    @ParameterizedTest
    @CsvSource({
        // hits, reply, remaining, reset ms, retry ms
        "1,  1000, 2,  334,   0",
        "1,  1001, 1,  334,   0",
        "3,  3000, 0, 1000,   0",
        "1, -3001, 0, 1000, 334", // backlog 3,000
        "1, -2002, 0,  667,   1", // backlog 2,001
        "2, -2001, 1,  667, 334", // backlog 2,000
        "3,    -2, 2,    1,   1", // backlog 1
    })
    void backlogOfATokenBucketDecides(int hits, long reply, int remaining, long resetMillis, long retryMillis) {
        Policy policy = new Policy(3, Duration.ofSeconds(1), Algorithm.TOKEN_BUCKET);
        RateCheck check = new RateCheck("rate:u:a", CompiledPolicy.of(policy, METRICS.of("a")), hits, "");
        assertThat(Decision.fromBacklog(check, reply))
                .isEqualTo(new Decision(check.policy(), remaining, resetMillis, retryMillis, false));
    }
}
