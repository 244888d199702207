package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.RedisSettings.Credentials;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class SecretsTest {

    private static final String SECRET = "swordfish";
    private static final String REDIS = "redis.url: redis://cache:6379\n";

    @TempDir
    Path folder;

    @Test
    void passwordIsUsedAndNeverPrinted() throws ConfigException {
        Configuration loaded = ConfigBuilder.yaml(folder, REDIS)
                .withEnv("EPHEMERAL_REDIS_PASSWORD", SECRET)
                .load();

        assertThat(credentials(loaded).password()).isEqualTo(SECRET);
        assertThat(loaded.describe()).doesNotContain(SECRET).contains("redis.password: (redacted)");
        assertThat(loaded.settings().toString()).doesNotContain(SECRET);
    }

    @Test
    void passwordInTheUrlIsUsedAndNeverPrinted() throws ConfigException {
        Configuration loaded = url("redis://app:" + SECRET + "@cache:6379/2").load();

        assertThat(credentials(loaded)).isEqualTo(new Credentials("app", SECRET));
        assertThat(loaded.describe()).doesNotContain(SECRET).contains("redis://cache:6379/2");
        assertThat(loaded.settings().toString()).doesNotContain(SECRET);
        assertThat(loaded.settings().redis().endpoint().describe()).doesNotContain(SECRET);
    }

    @Test
    void percentEncodedPasswordIsDecoded() throws ConfigException {
        assertThat(url("redis://:p%40s%3As@cache").remote().credentials()).isEqualTo(new Credentials(null, "p@s:s"));
    }

    @Test
    void passwordSettingOverridesThePasswordInTheUrl() throws ConfigException {
        assertThat(url("redis://old:older@cache")
                        .withEnv("EPHEMERAL_REDIS_USERNAME", "app")
                        .withEnv("EPHEMERAL_REDIS_PASSWORD", SECRET)
                        .remote()
                        .credentials())
                .isEqualTo(new Credentials("app", SECRET));
    }

    @Test
    void passwordIsReadFromAMountedFile() throws Exception {
        Path mounted = Files.writeString(folder.resolve("password"), SECRET + "\n");
        Configuration loaded = passwordFile(mounted.toString()).load();

        assertThat(credentials(loaded).password()).isEqualTo(SECRET);
        assertThat(loaded.describe()).doesNotContain(SECRET).contains("# EPHEMERAL_REDIS_PASSWORD_FILE");
    }

    @Test
    void passwordInPlaceOfItsFileIsNotRepeated() {
        assertThat(passwordFile(SECRET).rejection())
                .contains("EPHEMERAL_REDIS_PASSWORD_FILE", "expected", "file")
                .doesNotContain(SECRET);
    }

    @Test
    void emptyPasswordFileIsRejected() throws IOException {
        Path mounted = Files.writeString(folder.resolve("password"), "\n");

        assertThat(passwordFile(mounted.toString()).rejection()).contains("EPHEMERAL_REDIS_PASSWORD_FILE", "expected");
    }

    @Test
    void passwordAndItsFileExcludeEachOther() throws IOException {
        Path mounted = Files.writeString(folder.resolve("password"), SECRET);

        assertThat(passwordFile(mounted.toString())
                        .withEnv("EPHEMERAL_REDIS_PASSWORD", "other")
                        .rejection())
                .contains("EPHEMERAL_REDIS_PASSWORD and EPHEMERAL_REDIS_PASSWORD_FILE")
                .doesNotContain(SECRET);
    }

    @Test
    void credentialsInACommandLineOptionAreRejectedBecauseProcessListsShowThem() {
        assertThat(ConfigBuilder.option("--redis", "redis://:" + SECRET + "@cache:6379")
                        .rejection())
                .contains("--redis", "EPHEMERAL_REDIS_PASSWORD", "EPHEMERAL_REDIS_PASSWORD_FILE")
                .doesNotContain(SECRET);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis.url: redis://:swordfish@bad_host:1",
                "redis.url: http://:swordfish@cache",
                "redis.url: redis://:sword fish swordfish@cache",
                "redis.url: redis://:swordfish@cache:99999",
                "redis.url: redis://:swordfish@cache?a=b",
                "redis.url: [redis://:swordfish@cache]",
                "redis.url: {host: cache, password: swordfish}",
                "redis.url: redis://:other@a,redis://:swordfish@b\nredis.topology: cluster",
                "redis: redis://:swordfish@cache",
                "redis: [redis://:swordfish@cache]",
                "redis.password: [swordfish]",
                "redis.password: {swordfish: 1}",
                "redis.password: swordfish",
                "redis.pasword: swordfish",
                "redis: {passwords: {redis: swordfish}}",
            })
    void rejectedSettingDoesNotLeakThePassword(String yaml) {
        assertThat(ConfigBuilder.yaml(folder, yaml).withEnv("EPHEMERAL_X", "1").rejection())
                .doesNotContain(SECRET);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis:\n  password: a: swordfish",
                "redis:\n  password: \"swordfish",
                "redis:\n  password: *swordfish",
                "redis:\n  password: !swordfish x",
                "redis:\n  password: !swordfish!x y",
                "redis:\n  password: \"swordfish\" x",
                "redis:\n  password: swordfish\n bad: 1",
                "redis:\n\tpassword: swordfish",
                "redis: {password: swordfish",
                "redis.password: swordfish\u0001",
                "%YAML swordfish\n---\na: 1",
            })
    void malformedYamlDoesNotLeakThePassword(String yaml) {
        assertThat(ConfigBuilder.yaml(folder, yaml).rejection())
                .contains("not YAML")
                .doesNotContain(SECRET);
    }

    private ConfigBuilder passwordFile(String path) {
        return ConfigBuilder.yaml(folder, REDIS).withEnv("EPHEMERAL_REDIS_PASSWORD_FILE", path);
    }

    private static ConfigBuilder url(String url) {
        return ConfigBuilder.env("EPHEMERAL_REDIS_URL", url);
    }

    private static Credentials credentials(Configuration loaded) {
        return ((Remote) loaded.settings().redis().endpoint()).credentials();
    }
}
