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

    /** An empty file may be incomplete. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            '' | is empty (expected: settings by name)
            '\n' | is empty (expected: settings by name)
            just text | (expected: settings by name)
            '- a\n- b' | (expected: settings by name)
            42 | (expected: settings by name)
            'redis:\n  timeot: 1s' | unknown key redis.timeot (did you mean redis.timeout?)
            'servr:\n  port: 1' | unknown key servr (did you mean server.host?)
            'redis.timeout: 1s\nredis.timeout: 2s' | not YAML: found duplicate key redis.timeout, line 2, column 1
            redis: {timeout: 1s, timeout: 2s} | not YAML: found duplicate key timeout, line 1, column 22
            'redis.timeout: 60ms\nredis: {timeout: 70ms}' | duplicate key redis.timeout
            'server:\n  port: 1: 2\n' | not YAML: mapping values are not allowed here, line 2, column 10
            'a: 1\n---\nb: 2\n' | not YAML: unexpected token (HINT), line 2, column 1
            server.host: !!java.net.URL [http://a] | not YAML: unexpected token (HINT), line 1, column 14
            server.host: !!binary aGVsbG8= | unsupported YAML: a tag, line 1, column 14
            server.port: !!int '' | unsupported YAML: a tag, line 1, column 14
            '{? [a] : 1}' | unsupported YAML: a key that is not text, line 1, column 4
            server.host: &a {b: {c: *a}} | unsupported YAML: an alias within its own anchor, line 1, column 14
            """)
    void rejectedFileIsReportedWithItsPathAndThePosition(String yaml, String message) {
        String hint = "a bracket or quote may be missing, or quotes around text with * & ! %";
        assertThat(ConfigBuilder.yaml(folder, yaml).rejection())
                .isEqualTo(folder.resolve("ephemeral.yaml") + ": " + message.replace("HINT", hint));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            server.host: [a, b] | server.host: a list
            server.port: {a: b} | server.port: a map
            rate_limit.policies: {b: {limit: {c: d}, window: 1s}} | rate_limit.policies: b: limit: a map
            """)
    void listOrMapInPlaceOfASingleValueIsRejected(String yaml, String message) {
        assertThat(ConfigBuilder.yaml(folder, yaml).rejection())
                .isEqualTo(message + " (expected: a single value), from " + folder.resolve("ephemeral.yaml"));
    }

    @Test
    void missingAndBinaryFilesAreReportedWithTheirPath() throws IOException {
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        for (Path file : new Path[] {folder.resolve("none.yaml"), binary}) {
            assertThat(ConfigBuilder.empty().withFile(file).rejection())
                    .isEqualTo("--config: " + file + " (expected: a readable text file of at most 1 MiB)");
        }
    }

    /** YAML 1.1 would make the number 83, a date or the boolean true of these. */
    @ParameterizedTest
    @ValueSource(strings = {"0123", "1e3", "yes", "on", "2026-11-22", "1_000", "12:30:45", "0x10", ".5"})
    void scalarsStayText(String written) throws ConfigException {
        String yaml = "redis: {url: 'redis://cache', password: " + written + "}";
        assertThat(ConfigBuilder.yaml(folder, yaml).remote().credentials().password())
                .isEqualTo(written);
    }
}
