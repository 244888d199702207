package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class TtlPolicyTest {

    private final TtlPolicy policy = policy(Duration.ofSeconds(20));

    /** The first argument of the key is a number, the second has the size of a MongoDB ObjectId. */
    @ParameterizedTest
    @ValueSource(strings = {"cache:user:%1$d", "cache:product:sku-%1$d-de", "cache:user:%2$024x"})
    void ttlsAreWithin10PercentAndEvenlyDistributed(String key) {
        int count = 10_000;
        List<Long> ttls = IntStream.range(0, count)
                .mapToObj(i -> policy.ttlMillis(key.formatted(i, 0x5f3a_0000_0000L + i), false))
                .toList();
        assertThat(ttls).allMatch(ttl -> ttl >= 270_000 && ttl <= 330_000);
        Map<Long, Long> bySecond =
                ttls.stream().collect(Collectors.groupingBy(ttl -> (ttl - 270_000) / 1000, Collectors.counting()));
        assertThat(bySecond).hasSizeGreaterThanOrEqualTo(60);
        assertThat(bySecond.values())
                .as("an even distribution has 167 a second")
                .allMatch(expiries -> expiries < 250);
    }

    @ParameterizedTest
    @CsvSource({"15, 15000, 16500", "20, 18000, 22000", "30, 27000, 30000"})
    void negativeTtlIs15To30Seconds(int base, long min, long max) {
        TtlPolicy custom = policy(Duration.ofSeconds(base));
        List<Long> ttls = IntStream.range(0, 1_000)
                .mapToObj(i -> custom.ttlMillis("cache:user:" + i, true))
                .toList();
        assertThat(ttls).allMatch(ttl -> ttl >= min && ttl <= max);
        assertThat(Set.copyOf(ttls)).hasSizeGreaterThan(500);
    }

    /** A later version of the server must compute the right age of entries that this version stored. */
    @Test
    void ttlOfAKeyIsTheSameInEveryVersion() {
        assertThat(policy.ttlMillis("cache:user:1", false)).isEqualTo(317_070);
        assertThat(policy.ttlMillis("cache:product:ü", false)).isEqualTo(275_753);
    }

    @Test
    void ageIsTheElapsedPartOfTheTtlAndNeverNegative() {
        long ttl = policy.ttlMillis("cache:user:1", false);
        assertThat(policy.ageMillis("cache:user:1", false, ttl - 1_500)).isEqualTo(1_500);
        assertThat(policy.ageMillis("cache:user:1", false, ttl + 1)).isZero();
        assertThat(policy.minFreshTtlMillis("cache:user:1")).isEqualTo(ttl - 240_000);
    }

    private static TtlPolicy policy(Duration negativeTtl) {
        return TtlPolicy.of(
                new CacheSettings(Duration.ofMinutes(5), Duration.ofMinutes(4), negativeTtl, Duration.ofSeconds(5)));
    }
}
