package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.config.RedisSettings.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code --print-config} prints is an equivalent configuration file without the secrets. */
@Tag("unit")
class PrintedConfigTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "server: {host: '::', insecure: true, port: 0, reflection: false, drain_delay: 1500ms}",
                "server: {insecure: true, host: 'a # b'}",
                "server: {insecure: true, host: ' : \"quoted\" \\ and {odd}'}",
                "server: {insecure: true, host: \"two\\nlines\\tand a tab\"}",
                "server: {insecure: true, host: '0123'}",
                "server: {insecure: true, host: 'null'}",
                "server: {insecure: true, host: '~'}",
                "server: {insecure: true, host: '&a *b !c %d @e `f'}",
                "redis: {url: 'redis://a/3', username: '@app'}",
                "redis: {url: 'redis://a:1,redis://b:2', topology: SENTINEL, sentinel_master: '0777'}",
                "redis: {url: 'rediss://[::1]:7000,rediss://b', topology: cluster}",
                "log: {format: json, level: debug, levels: {io.grpc: warn, 'a b': trace}}",
                "rate_limit: {on_redis_failure: Local, policies: {}}",
                "rate_limit.policies: {'\"': {limit: 1, window: 1s}, '\\': {limit: 2, window: 90s}, '*': {limit: 3, window: 1h}}",
            })
    void isAnEquivalentConfigurationFile(String yaml) throws ConfigException {
        assertPrintedAsAnEquivalentFile(ConfigBuilder.yaml(folder, yaml));
    }

    @Test
    void isAnEquivalentFileWithUnusualPaths() throws IOException, ConfigException {
        Path odd = Files.createDirectory(folder.resolve("it's: a #1 \"folder\""));
        String redisson = Files.writeString(odd.resolve("redisson.yaml"), "{}").toString();
        assertPrintedAsAnEquivalentFile(ConfigBuilder.env("EPHEMERAL_REDIS_REDISSON_FILE", redisson)
                .withFile(Files.writeString(folder.resolve("two\nlines: x"), "server.port: 1")));
    }

    private void assertPrintedAsAnEquivalentFile(ConfigBuilder config) throws ConfigException {
        Configuration loaded = config.load();
        assertThat(ConfigBuilder.yaml(folder, loaded.describe()).settings()).isEqualTo(loaded.settings());
    }

    @Test
    void redactedPasswordIsNotSet() throws ConfigException {
        Configuration loaded = ConfigBuilder.yaml(folder, "redis: {url: 'redis://app:pw@a', password: secret}")
                .load();

        assertThat(ConfigBuilder.yaml(folder, loaded.describe()).remote().credentials())
                .isEqualTo(new Credentials(null, null));
        assertThat(loaded.describe()).contains("# redis.password: (redacted)", "user and password left out");
    }

    @Test
    void containsTheMeaningOfEachSetting() throws ConfigException {
        String described = ConfigBuilder.empty().load().describe();

        assertThat(Features.settings().settings())
                .allSatisfy(key -> assertThat(described).contains("# " + key.meaning(), key.name() + ": "));
    }
}
