package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
    void nestedAndDottedKeysMeanTheSame(String yaml) throws ConfigException {
        RedisSettings redis = Given.yaml(folder, yaml).settings().redis();

        assertThat(redis.timeout()).hasMillis(200);
        assertThat(redis.connections()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"# nothing yet\n", "---\n", "{}", "redis:\n# timeout: 1s\n", "rate_limit:\n  policies:\n"})
    void fileThatSetsNothingIsAccepted(String yaml) throws ConfigException {
        assertThat(Given.yaml(folder, yaml).settings())
                .isEqualTo(Given.nothing().settings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n"})
    void emptyFileIsRefusedForItMayBeHalfWritten(String yaml) {
        assertThat(Given.yaml(folder, yaml).refusal()).endsWith(": is empty (expected: settings by name)");
    }

    @Test
    void unknownKeyNamesTheNearestKnownOne() {
        assertThat(Given.yaml(folder, "redis:\n  timeot: 1s").refusal())
                .endsWith("unknown key redis.timeot (did you mean redis.timeout?)")
                .startsWith(folder.resolve("ephemeral.yaml").toString());
    }

    @Test
    void unknownSectionIsAnUnknownKey() {
        assertThat(Given.yaml(folder, "servr:\n  port: 1").refusal()).contains("unknown key servr");
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis.timeout: 1s\nredis.timeout: 2s", "redis: {timeout: 1s, timeout: 2s}"})
    void keyThatStandsTwiceIsRefusedWithItsPlace(String yaml) {
        assertThat(Given.yaml(folder, yaml).refusal()).contains("duplicate key", "timeout", "line ");
    }

    @Test
    void keyThatStandsNestedAndDottedIsRefused() {
        assertThat(Given.yaml(folder, "redis.timeout: 60ms\nredis: {timeout: 70ms}")
                        .refusal())
                .contains("redis.timeout stands twice");
    }

    @Test
    void malformedYamlNamesFileAndPlace() {
        assertThat(Given.yaml(folder, "server:\n  port: 1: 2\n").refusal())
                .startsWith(folder.resolve("ephemeral.yaml") + ": not YAML: ")
                .contains("line 2, column ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"just text", "- a\n- b", "42"})
    void fileWithoutNamesIsRefused(String yaml) {
        assertThat(Given.yaml(folder, yaml).refusal()).contains("(expected: settings by name)");
    }

    @Test
    void secondDocumentIsRefused() {
        assertThat(Given.yaml(folder, "a: 1\n---\nb: 2\n").refusal()).contains("not YAML");
    }

    @Test
    void missingFileIsNamed() {
        assertThat(Given.nothing().andFile(folder.resolve("none.yaml")).refusal())
                .contains("--config: " + folder.resolve("none.yaml"), "expected: a", "file");
    }

    @Test
    void fileThatIsNoTextIsRefused() throws IOException {
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});

        assertThat(Given.nothing().andFile(binary).refusal()).contains(binary.toString());
    }

    /** YAML 1.1 would make the number 83, a date or the boolean true of these. */
    @ParameterizedTest
    @ValueSource(strings = {"0123", "1e3", "yes", "on", "2026-11-22", "1_000", "12:30:45", "0x10", ".5"})
    void textStaysWhatIsWritten(String written) throws ConfigException {
        Remote remote = (Remote) Given.yaml(folder, "redis: {url: 'redis://cache', password: " + written + "}")
                .settings()
                .redis()
                .endpoint();

        assertThat(remote.credentials().password()).isEqualTo(written);
    }

    @Test
    void actionMayBeCalledLikeAYamlBoolean() throws ConfigException {
        assertThat(Given.yaml(folder, "rate_limit.policies: {on: {limit: 1, window: 1s}, 1: {limit: 1, window: 1s}}")
                        .settings()
                        .rateLimit()
                        .policies())
                .containsOnlyKeys("on", "1");
    }

    @Test
    void policyMayBeSharedByAnchorAndMerge() throws ConfigException {
        String yaml = "rate_limit.policies:\n  a: &a {limit: 1, window: 1s}\n  b: *a\n  c: {<<: *a, limit: 2}\n";

        assertThat(Given.yaml(folder, yaml).settings().rateLimit().policies())
                .containsEntry("c", new Policy(2, Duration.ofSeconds(1), Policy.Algorithm.FIXED_WINDOW));
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
    void yamlWithinYamlIsRefusedAndNotFollowed(String yaml, String named) {
        assertThat(Given.yaml(folder, yaml).refusal()).contains(named);
    }
}
