package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TtlPolicyTest {

    private final TtlPolicy lifetimes = lifetimes(Duration.ofSeconds(20));

    @Test
    void timesToLiveAreWithin10PercentAndSpreadEvenly() {
        assertSpread(i -> "cache:user:" + i);
        assertSpread(i -> "cache:product:sku-" + i + "-de");
        assertSpread(i -> "cache:user:%024x".formatted(0x5f3a_0000_0000L + i));
    }

    private void assertSpread(IntFunction<String> key) {
        int count = 10_000;
        List<Long> ttls = IntStream.range(0, count)
                .mapToObj(i -> lifetimes.ttlMillis(key.apply(i), false))
                .toList();
        assertThat(ttls).allMatch(ttl -> ttl >= 270_000 && ttl <= 330_000);
        Map<Long, Long> bySecond =
                ttls.stream().collect(Collectors.groupingBy(ttl -> (ttl - 270_000) / 1000, Collectors.counting()));
        assertThat(bySecond).hasSizeGreaterThanOrEqualTo(60);
        assertThat(bySecond.values()).as("even would be 167 a second").allMatch(ends -> ends < 250);
    }

    @ParameterizedTest
    @CsvSource({"15, 15000, 16500", "20, 18000, 22000", "30, 27000, 30000"})
    void negativeEntriesLive15To30Seconds(int base, long min, long max) {
        TtlPolicy set = lifetimes(Duration.ofSeconds(base));
        List<Long> ttls = IntStream.range(0, 1_000)
                .mapToObj(i -> set.ttlMillis("cache:user:" + i, true))
                .toList();
        assertThat(ttls).allMatch(ttl -> ttl >= min && ttl <= max);
        assertThat(Set.copyOf(ttls)).hasSizeGreaterThan(500);
    }

    /** Servers of the next version must find the ages right that those of this one left. */
    @Test
    void timeToLiveOfAKeyIsTheSameForEver() {
        assertThat(lifetimes.ttlMillis("cache:user:1", false)).isEqualTo(317_070);
        assertThat(lifetimes.ttlMillis("cache:product:ü", false)).isEqualTo(275_753);
    }

    @Test
    void ageIsWhatHasPassedOfTheTimeToLiveAndNeverNegative() {
        long ttl = lifetimes.ttlMillis("cache:user:1", false);
        assertThat(lifetimes.ageMillis("cache:user:1", false, ttl - 1_500)).isEqualTo(1_500);
        assertThat(lifetimes.ageMillis("cache:user:1", false, ttl + 1)).isZero();
        assertThat(lifetimes.freshMillis("cache:user:1")).isEqualTo(ttl - 240_000);
    }

    private static TtlPolicy lifetimes(Duration negativeTtl) {
        return TtlPolicy.of(
                new CacheSettings(Duration.ofMinutes(5), Duration.ofMinutes(4), negativeTtl, Duration.ofSeconds(5)));
    }
}
