package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class ValuesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            server.port | 70000 | 0 to 65535
            server.port | abc | 0 to 65535
            server.reflection | maybe | true or false
            redis.prefix | a:b | at most 32 letters, digits, '.', '_' or '-'
            redis.timeout | 3 | a duration such as 250ms, 60s, 5m or 24h
            redis.timeout | 10ms | 50ms to 500ms
            redis.timeout | 501ms | 50ms to 500ms
            redis.connections | 9 | 1 to 8
            redis.embedded_memory | 30 | a size such as 512KB, 30MB or 1GB
            redis.embedded_memory | 512KB | 1MB to 64GB
            redis.topology | ring | one of single, sentinel, cluster
            redis.redisson_file | /no/such | a readable file
            redis.redisson_file | / | a readable file
            cache.ttl | 9s | 10s to 10m
            cache.soft_age | 0s | 1s to 10m
            cache.negative_ttl | 31s | 15s to 30s
            cache.lease | 500ms | 1s to 30s
            rate_limit.on_redis_failure | panic | one of unavailable, deny, allow, local
            rate_limit.policies | login | a policy by action, such as {login_attempts: {limit: 5, window: 60s}}
            """)
    void invalidValueIsReportedWithSettingExpectationAndOrigin(String setting, String value, String expected) {
        String variable = "EPHEMERAL_" + setting.replace('.', '_').toUpperCase(Locale.ROOT);
        assertThat(ConfigBuilder.env(variable, value).rejection())
                .isEqualTo(setting + ": " + value + " (expected: " + expected + "), from " + variable);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{login: ", "[login]"})
    void malformedPoliciesAreReportedWithTheVariable(String text) {
        assertThat(ConfigBuilder.env("EPHEMERAL_RATE_LIMIT_POLICIES", text).rejection())
                .startsWith("rate_limit.policies: ")
                .contains("expected: a policy by action", "from EPHEMERAL_RATE_LIMIT_POLICIES");
    }

    @Test
    void allProblemsOfFileEnvironmentAndOptionsAreReportedTogether(@TempDir Path folder) {
        String file = folder.resolve("ephemeral.yaml").toString();
        assertThat(ConfigBuilder.yaml(folder, "redis: {timeot: 1s, connections: many}\nserver.host: [a]")
                        .withEnv("EPHEMERAL_REDIS_TIMEOT", "1s")
                        .withEnv("EPHEMERAL_SEVER_PORT", "9090") // no service link of Kubernetes
                        .withOption("--redis", "redis://:swordfish@cache:6379")
                        .withOption("--port", "http")
                        .rejection()
                        .lines())
                .containsExactlyInAnyOrder(
                        file + ": unknown key redis.timeot (did you mean redis.timeout?)",
                        "redis.connections: many (expected: 1 to 8), from " + file,
                        "server.host: a list (expected: a single value), from " + file,
                        "unknown environment variable EPHEMERAL_REDIS_TIMEOT (did you mean EPHEMERAL_REDIS_TIMEOUT?)",
                        "unknown environment variable EPHEMERAL_SEVER_PORT (did you mean EPHEMERAL_SERVER_PORT?)",
                        "--redis: process lists show command-line options, so no user or password here;"
                                + " set EPHEMERAL_REDIS_PASSWORD or EPHEMERAL_REDIS_PASSWORD_FILE",
                        "server.port: http (expected: 0 to 65535), from --port");
    }

    @ParameterizedTest
    @CsvSource({"5m, 270s, 270s", "5m, 10m, 270s", "10s, 4m, 9s", "10s, 9s, 9s"})
    void softAgeThatAnEntryMayNotReachIsRejected(String ttl, String softAge, String limit) {
        assertThat(ConfigBuilder.env("EPHEMERAL_CACHE_TTL", ttl)
                        .withEnv("EPHEMERAL_CACHE_SOFT_AGE", softAge)
                        .rejection())
                .isEqualTo("cache.soft_age: " + softAge + " (expected: less than " + limit + ", 90 % of cache.ttl)");
    }

    @ParameterizedTest
    @CsvSource({
        "0s, 0s, PT0S",
        "1500ms, 1500ms, PT1.5S",
        "60s, 1m, PT60S",
        "90s, 90s, PT90S",
        "3600s, 1h, PT1H",
        "90m, 90m, PT90M",
        "24h, 24h, PT24H",
    })
    void durationIsParsedAndFormattedInItsLargestWholeUnit(String written, String shown, Duration duration) {
        assertThat(Durations.parse(written)).isEqualTo(duration);
        assertThat(Durations.format(duration)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"512KB, 512KB, 19", "1024KB, 1MB, 20", "32MB, 32MB, 25", "2048MB, 2GB, 31", "1GB, 1GB, 30"})
    void sizeIsParsedAndFormattedInItsLargestWholeUnit(String written, String shown, int powerOfTwo) {
        assertThat(DataSize.parse(written))
                .isEqualTo(new DataSize(1L << powerOfTwo))
                .hasToString(shown);
    }
}
