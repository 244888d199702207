package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** Where a Redisson file is silent, the settings and values of this server apply, not the defaults of Redisson. */
@Tag("contract")
class RedissonFileTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
            singleServerConfig: {address: "redis://a:1"} | redis.url: redis://a:1
            singleServerConfig: {address: "redis://a:1", timeout: 4000} | redis.connect_timeout: 4s#redis.url: redis://a:1
            clusterServersConfig: {nodeAddresses: ["redis://a:1"]} | redis.topology: cluster#redis.url: redis://a:1
            sentinelServersConfig: {masterName: m, sentinelAddresses: ["redis://a:1"]} \
                | redis.topology: sentinel#redis.sentinel_master: m#redis.url: redis://a:1
            """)
    void fileWithOnlyAnAddressConfiguresTheSameAsAUrl(String file, String settings) throws Exception {
        RedisSettings ofUrl = TestRedisClient.settings(settings.split("#"));
        RedisSettings ofFile = TestRedisClient.settings("redis.redisson_file: " + write(file));

        String configured = Connector.config(ofFile, ofFile.endpoint()).toYAML();
        String expected = Connector.config(ofUrl, ofUrl.endpoint()).toYAML();
        assertThat(configured.lines().filter(line -> !line.contains("connectTimeout")))
                .containsExactlyElementsOf(expected.lines()
                        .filter(line -> !line.contains("connectTimeout"))
                        .toList());
    }

    @Test
    void fileWithOnlyAnAddressOpensThreeConnectionsAndAValueInTheFileApplies() throws Exception {
        assertThat(connections("")).isEqualTo(3);
        assertThat(connections("""
                  # connectionPoolSize: 2
                  connectionPoolSize: 5
                  connectionMinimumIdleSize: 5
                """)).isEqualTo(6);
    }

    private long connections(String values) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                Jedis admin = redis.jedis()) {
            Path file = write("singleServerConfig:\n  address: \"" + redis.url() + "\"\n" + values);
            try (TestRedisClient harness = TestRedisClient.open("redis.redisson_file: " + file)) {
                harness.redis().subscribe("channel", new RecordingSubscriber());
                Eventually.soon(
                        "the subscription is there", () -> admin.clientList().contains("sub=2"));
                return admin.clientList().lines().count() - 1;
            }
        }
    }

    private Path write(String text) throws Exception {
        return Files.writeString(folder.resolve("redisson.yaml"), text);
    }
}
