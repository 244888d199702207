package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.RedisSettings.Credentials;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class SecretsTest {

    private static final String SECRET = "swordfish";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(textBlock = """
            redis://cache:6379            ,  '', swordfish,    , swordfish     , redis.password: (redacted)
            redis://app:swordfish@cache/2 ,  '',        '', app, swordfish     , redis.url: redis://cache:6379/2
            redis://:swordfish%40%3As@cache, '',        '',    , swordfish@:s  , redis.url: redis://cache:6379
            redis://old:older@cache       , app, swordfish, app, swordfish     , redis.username: app
            """)
    void passwordOfItsSettingElseOfTheUrlIsUsedAndNeverPrinted(
            String url,
            String username,
            String password,
            @Nullable String usedUsername,
            String usedPassword,
            String printed)
            throws ConfigException {
        Configuration loaded = ConfigBuilder.env("EPHEMERAL_REDIS_URL", url)
                .withEnv("EPHEMERAL_REDIS_USERNAME", username)
                .withEnv("EPHEMERAL_REDIS_PASSWORD", password)
                .load();
        Remote redis = (Remote) loaded.settings().redis().endpoint();

        assertThat(redis.credentials()).isEqualTo(new Credentials(usedUsername, usedPassword));
        assertThat(loaded.describe()).contains(printed);
        assertThat(loaded.describe() + loaded.settings() + redis.describe()).doesNotContain(SECRET);
    }

    @Test
    void passwordIsReadFromAMountedFile() throws Exception {
        ConfigBuilder config = passwordFile(mounted(SECRET + "\n"));

        assertThat(config.remote().credentials().password()).isEqualTo(SECRET);
        assertThat(config.load().describe()).doesNotContain(SECRET).contains("# EPHEMERAL_REDIS_PASSWORD_FILE");
    }

    @Test
    void addressWithItsPasswordIsReadFromAMountedFile() throws Exception {
        ConfigBuilder config =
                ConfigBuilder.env("EPHEMERAL_REDIS_URL_FILE", mounted("redis://:" + SECRET + "@cache:6380/2\n"));

        assertThat(config.remote().credentials().password()).isEqualTo(SECRET);
        assertThat(config.remote().describe()).isEqualTo("single Redis at redis://cache:6380/2");
        assertThat(config.load().describe()).doesNotContain(SECRET).contains("# EPHEMERAL_REDIS_URL_FILE");
    }

    @Test
    void passwordInPlaceOfItsFileAndAnEmptyFileAreRejected() throws IOException {
        for (String file : List.of(SECRET, mounted("\n"))) {
            assertThat(passwordFile(file).rejection())
                    .as(file)
                    .contains("EPHEMERAL_REDIS_PASSWORD_FILE", "expected", "file")
                    .doesNotContain(SECRET);
        }
    }

    @Test
    void passwordAndItsFileExcludeEachOther() throws IOException {
        assertThat(passwordFile(mounted(SECRET))
                        .withEnv("EPHEMERAL_REDIS_PASSWORD", "other")
                        .rejection())
                .contains("EPHEMERAL_REDIS_PASSWORD and EPHEMERAL_REDIS_PASSWORD_FILE")
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
                .containsAnyOf("not YAML", "unsupported YAML")
                .doesNotContain(SECRET);
    }

    private static ConfigBuilder passwordFile(String path) {
        return ConfigBuilder.env("EPHEMERAL_REDIS_URL", "redis://cache").withEnv("EPHEMERAL_REDIS_PASSWORD_FILE", path);
    }

    private String mounted(String content) throws IOException {
        return Files.writeString(folder.resolve("password"), content).toString();
    }
}
