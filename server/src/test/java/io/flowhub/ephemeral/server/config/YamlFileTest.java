package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class YamlFileTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis:\n  timeout: 200ms\n  connections: 3\n",
                "redis.timeout: 200ms\nredis.connections: 3\n",
                "redis.timeout: 200ms\nredis: {connections: 3}\n",
                "\uFEFFredis: {timeout: 200ms, connections: 3}",
            })
    void nestedAndDottedKeysAreEquivalent(String yaml) throws ConfigException {
        RedisSettings redis = ConfigBuilder.yaml(folder, yaml).settings().redis();

        assertThat(redis.timeout()).hasMillis(200);
        assertThat(redis.connections()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"# nothing yet\n", "---\n", "{}", "redis:\n# timeout: 1s\n", "rate_limit:\n  policies:\n"})
    void fileThatSetsNothingIsAccepted(String yaml) throws ConfigException {
        assertThat(ConfigBuilder.yaml(folder, yaml).settings())
                .isEqualTo(ConfigBuilder.empty().settings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n"})
    void emptyFileIsRejectedBecauseItMayBeIncomplete(String yaml) {
        assertThat(rejection(yaml)).endsWith(": is empty (expected: settings by name)");
    }

    @Test
    void unknownKeySuggestsTheClosestKnownOne() {
        assertThat(rejection("redis:\n  timeot: 1s"))
                .endsWith("unknown key redis.timeot (did you mean redis.timeout?)")
                .startsWith(folder.resolve("ephemeral.yaml").toString());
        assertThat(rejection("servr:\n  port: 1")).contains("unknown key servr");
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis.timeout: 1s\nredis.timeout: 2s", "redis: {timeout: 1s, timeout: 2s}"})
    void duplicateKeyIsRejectedWithItsPosition(String yaml) {
        assertThat(rejection(yaml)).contains("duplicate key", "timeout", "line ");
    }

    @Test
    void keyInNestedAndDottedFormIsRejected() {
        assertThat(rejection("redis.timeout: 60ms\nredis: {timeout: 70ms}")).contains("duplicate key redis.timeout");
    }

    @Test
    void malformedYamlIsReportedWithFileAndPosition() {
        assertThat(rejection("server:\n  port: 1: 2\n"))
                .startsWith(folder.resolve("ephemeral.yaml") + ": not YAML: ")
                .contains("line 2, column ");
        assertThat(rejection("a: 1\n---\nb: 2\n")).as("a second document").contains("not YAML");
    }

    @ParameterizedTest
    @ValueSource(strings = {"just text", "- a\n- b", "42"})
    void fileWithoutSettingNamesIsRejected(String yaml) {
        assertThat(rejection(yaml)).contains("(expected: settings by name)");
    }

    @Test
    void missingAndBinaryFilesAreReportedWithTheirPath() throws IOException {
        assertThat(ConfigBuilder.empty().withFile(folder.resolve("none.yaml")).rejection())
                .contains("--config: " + folder.resolve("none.yaml"), "expected: a", "file");

        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThat(ConfigBuilder.empty().withFile(binary).rejection()).contains(binary.toString());
    }

    /** YAML 1.1 would make the number 83, a date or the boolean true of these. */
    @ParameterizedTest
    @ValueSource(strings = {"0123", "1e3", "yes", "on", "2026-11-22", "1_000", "12:30:45", "0x10", ".5"})
    void scalarsStayText(String written) throws ConfigException {
        String yaml = "redis: {url: 'redis://cache', password: " + written + "}";
        assertThat(ConfigBuilder.yaml(folder, yaml).remote().credentials().password())
                .isEqualTo(written);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server.host: &a {b: {c: *a}} | server.host",
                "rate_limit.policies: &a {b: {limit: {c: *a}, window: 1s}} | rate_limit.policies",
                "server.host: !!set {a, b} | server.host",
                "server.host: !!binary aGVsbG8= | server.host",
                "server.host: !!java.net.URL [http://a] | not YAML",
            })
    void recursiveYamlIsRejectedAndNotFollowed(String yaml, String named) {
        assertThat(rejection(yaml)).contains(named);
    }

    private String rejection(String yaml) {
        return ConfigBuilder.yaml(folder, yaml).rejection();
    }
}
