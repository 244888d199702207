package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.RedisSettings.Credentials;
import io.flowhub.ephemeral.server.config.RedisSettings.Embedded;
import io.flowhub.ephemeral.server.config.RedisSettings.RedissonFile;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisSettings.Topology;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class RedisEndpointTest {

    @TempDir
    Path folder;

    @Test
    void embeddedRedisOrARedissonFileIsUsedWithoutAUrl() throws Exception {
        assertThat(ConfigBuilder.empty().endpoint())
                .isEqualTo(new Embedded(DataSize.parse("30MB"), new Credentials(null, null)));
        assertThat(redis("{embedded_memory: 1GB, password: p}").endpoint())
                .isEqualTo(new Embedded(DataSize.parse("1GB"), new Credentials(null, "p")));

        Path redisson = Files.writeString(folder.resolve("redisson.yaml"), "singleServerConfig: {}");
        assertThat(redis("{redisson_file: " + redisson + "}").endpoint()).isEqualTo(new RedissonFile(redisson));
    }

    @ParameterizedTest
    @CsvSource({
        "redis://cache, redis://cache:6379, 0",
        "redis://cache/, redis://cache:6379, 0",
        "redis://10.0.0.1:7000/15, redis://10.0.0.1:7000, 15",
        "rediss://cache.example.com:6380, rediss://cache.example.com:6380, 0",
        "'redis://[::1]:6379/1', 'redis://[::1]:6379', 1",
        "redis://redis_redis:6379, redis://redis_redis:6379, 0",
    })
    void urlContainsSchemeHostPortAndDatabase(String url, String address, int database) throws ConfigException {
        Remote remote = ConfigBuilder.option("--redis", url).remote();

        assertThat(remote.topology()).isEqualTo(Topology.SINGLE);
        assertThat(remote.urls()).containsExactly(new RedisUrl(address, null, null, database));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cache:6379",
                "http://cache",
                "redis:cache",
                "redis://",
                "redis://cache:0",
                "redis://cache:65536",
                "redis://cache:x",
                "redis://cache/zero",
                "redis://cache/1/2",
                "redis://cache?db=1",
                "redis://cache#1",
                "redis://a,,redis://b",
                "redis://a,",
                ",",
                " ",
            })
    void malformedUrlIsRejectedWithTheExpectedShape(String url) {
        assertThat(ConfigBuilder.option("--redis", url).rejection())
                .startsWith("redis.url: (expected: redis://host:port[/database]")
                .endsWith(", from --redis");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            redis://app:s%2C%40%2F%25%3A+@h/3    | app  | s,@/%:+
            redis://:a,b@h                       |      | a,b
            redis://:a@b@h                       |      | a@b
            redis://app:p:q@[::1]:7000           | app  | p:q
            rediss://app@h                       | app  |
            redis://%C3%BC:p%20w@h               | ü    | p w
            """)
    void userAndPasswordMayContainAnyCharacter(String url, String user, String password) throws ConfigException {
        assertThat(ConfigBuilder.env("EPHEMERAL_REDIS_URL", url).remote().credentials())
                .isEqualTo(new Credentials(user, password));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            redis://:secret@ho^st:6379   | the host contains '^'
            redis://:secret@ho st        | the host contains ' '
            redis://:sec/ret@host        | write / ? # in a password as %2F %3F %23
            redis://:sec%ret@host        | write % in a password as %25
            """)
    void offendingCharacterIsNamedAndNoPassword(String url, String message) {
        assertThat(ConfigBuilder.env("EPHEMERAL_REDIS_URL", url).rejection())
                .contains(message)
                .doesNotContain("sec");
    }

    @Test
    void severalUrlsAreSentinelsOfAMasterOrNodesOfAClusterAndOneMayContainTheCredentials() throws ConfigException {
        Remote sentinels = redis("{url: 'redis://a:26379, redis://b:26379', topology: sentinel, sentinel_master: main}")
                .remote();
        assertThat(sentinels.describe()).isEqualTo("sentinel Redis at redis://a:26379,redis://b:26379");
        assertThat(sentinels.sentinelMaster()).isEqualTo("main");

        Remote cluster =
                redis("{url: 'redis://u:p@a,redis://b', topology: cluster}").remote();
        assertThat(cluster.describe()).isEqualTo("cluster Redis at redis://a:6379,redis://b:6379");
        assertThat(cluster.credentials()).isEqualTo(new Credentials("u", "p"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {topology: sentinel, sentinel_master: m} | redis.topology: sentinel needs redis.url
            {topology: cluster} | redis.topology: cluster needs redis.url
            {url: 'redis://a', topology: sentinel} | redis.sentinel_master is missing: redis.topology sentinel needs it
            {url: 'redis://a', sentinel_master: m} | redis.sentinel_master: only redis.topology sentinel uses it
            {url: 'redis://a,redis://b'} | redis.url: 2 addresses (expected: 1 for redis.topology single)
            {url: 'redis://a/1', topology: cluster} | redis.url: a Redis Cluster has database 0 only
            {url: 'redis://u:p@a,redis://u:q@b', topology: cluster} | redis.url: the addresses differ in user, password, database or TLS
            {url: 'redis://a,redis://u:p@b', topology: cluster} | redis.url: the addresses differ in user, password, database or TLS
            {url: 'redis://a,rediss://b', topology: cluster} | redis.url: the addresses differ in user, password, database or TLS
            {url: 'redis://a', redisson_file: pom.xml} | redis.url and redis.redisson_file exclude each other: set one of them
            {redisson_file: pom.xml, password: p} | redis.password: only redis.url and the embedded Redis use it
            {username: u} | redis.username: only redis.url uses it, which is not set
            {url: 'redis://a', tls_ca: pom.xml} | redis.tls_ca: only rediss:// in redis.url uses it
            {tls_server_name: a} | redis.tls_server_name: only rediss:// in redis.url uses it
            {url: 'rediss://a', tls_key: pom.xml} | redis.tls_certificate and redis.tls_key: only one of them is set (expected: both)
            """)
    void contradictingSettingsAreRejected(String redis, String message) {
        assertThat(redis(redis).rejection()).isEqualTo(message);
    }

    private ConfigBuilder redis(String yaml) {
        return ConfigBuilder.yaml(folder, "redis: " + yaml);
    }
}
