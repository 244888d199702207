package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.RedisSettings.Embedded;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class ValuesTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "EPHEMERAL_SERVER_PORT | 70000 | server.port: 70000 (expected: 0 to 65535)",
                "EPHEMERAL_SERVER_PORT | abc | server.port: abc (expected: 0 to 65535)",
                "EPHEMERAL_SERVER_REFLECTION | maybe | server.reflection: maybe (expected: true or false)",
                "EPHEMERAL_REDIS_TIMEOUT | 3 | redis.timeout: 3 (expected: a duration such as 250ms, 60s, 5m or 24h)",
                "EPHEMERAL_REDIS_TIMEOUT | 10ms | redis.timeout: 10ms (expected: 50ms to 500ms)",
                "EPHEMERAL_REDIS_TIMEOUT | 501ms | redis.timeout: 501ms (expected: 50ms to 500ms)",
                "EPHEMERAL_REDIS_CONNECTIONS | 9 | redis.connections: 9 (expected: 1 to 8)",
                "EPHEMERAL_REDIS_EMBEDDED_MEMORY | 30 | redis.embedded_memory: 30 (expected: a size such as 512KB, 30MB or 1GB)",
                "EPHEMERAL_REDIS_EMBEDDED_MEMORY | 512KB | redis.embedded_memory: 512KB (expected: 1MB to 64GB)",
                "EPHEMERAL_REDIS_TOPOLOGY | ring | redis.topology: ring (expected: one of single, sentinel, cluster)",
                "EPHEMERAL_REDIS_REDISSON_FILE | /no/such | redis.redisson_file: /no/such (expected: a readable file)",
                "EPHEMERAL_REDIS_REDISSON_FILE | / | redis.redisson_file: / (expected: a readable file)",
                "EPHEMERAL_CACHE_TTL | 9s | cache.ttl: 9s (expected: 10s to 10m)",
                "EPHEMERAL_CACHE_SOFT_AGE | 0s | cache.soft_age: 0s (expected: 1s to 10m)",
                "EPHEMERAL_CACHE_NEGATIVE_TTL | 31s | cache.negative_ttl: 31s (expected: 15s to 30s)",
                "EPHEMERAL_CACHE_LEASE | 500ms | cache.lease: 500ms (expected: 1s to 30s)",
                "EPHEMERAL_RATE_LIMIT_ON_REDIS_FAILURE | panic | rate_limit.on_redis_failure: panic (expected: one of unavailable, deny, allow, local)",
            })
    void invalidValueIsReportedWithSettingExpectationAndOrigin(String variable, String value, String message) {
        assertThat(ConfigBuilder.env(variable, value).rejection()).isEqualTo(message + ", from " + variable);
    }

    @Test
    void invalidValueInTheFileOrAnOptionIsReportedWithItsOrigin() {
        assertThat(ConfigBuilder.yaml(folder, "redis: {connections: many}").rejection())
                .isEqualTo("redis.connections: many (expected: 1 to 8), from " + folder.resolve("ephemeral.yaml"));
        assertThat(ConfigBuilder.option("--port", "http").rejection())
                .isEqualTo("server.port: http (expected: 0 to 65535), from --port");
    }

    @Test
    void listOrMapInPlaceOfASingleValueIsRejected() {
        assertThat(ConfigBuilder.yaml(folder, "server.host: [a, b]\nserver.port: {a: b}")
                        .rejection())
                .contains("server.host: ", "server.port: ", "(expected: a single value)");
    }

    @Test
    void allProblemsAreReportedTogether() {
        assertThat(ConfigBuilder.yaml(folder, "redis: {timeot: 1s, connections: 99}\nserver.port: x")
                        .withEnv("EPHEMERAL_REDIS_URLS", "redis://a")
                        .withOption("--redis", "redis://a:b@c")
                        .rejection()
                        .lines())
                .hasSize(5);
    }

    @Test
    void unitsAreParsed() throws ConfigException {
        Settings settings = ConfigBuilder.env("EPHEMERAL_SERVER_DRAIN_TIMEOUT", "2m")
                .withEnv("EPHEMERAL_REDIS_TIMEOUT", "250ms")
                .withEnv("EPHEMERAL_SERVER_MAX_CONNECTION_AGE", "24h")
                .withEnv("EPHEMERAL_REDIS_EMBEDDED_MEMORY", "1GB")
                .settings();

        assertThat(settings.server().drainTimeout()).hasMinutes(2);
        assertThat(settings.redis().timeout()).hasMillis(250);
        assertThat(settings.server().maxConnectionAge()).hasHours(24);
        assertThat(settings.redis().endpoint()).isEqualTo(new Embedded(new DataSize(1L << 30)));
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
    @CsvSource({"0s, 0s", "1500ms, 1500ms", "60s, 1m", "90s, 90s", "3600s, 1h", "90m, 90m"})
    void durationIsFormattedInItsLargestWholeUnit(String written, String shown) {
        assertThat(Durations.format(Durations.parse(written))).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"512KB, 512KB", "1024KB, 1MB", "30MB, 30MB", "2048MB, 2GB"})
    void sizeIsFormattedInItsLargestWholeUnit(String written, String shown) {
        assertThat(DataSize.parse(written)).hasToString(shown);
    }
}
