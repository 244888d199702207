package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import io.flowhub.ephemeral.server.log.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@Tag("contract")
@Tag("quick")
class MainTest {

    @TempDir
    Path folder;

    private record Outcome(int status, String out, String err) {}

    @Test
    void helpGoesToStandardOutputAndListsEveryOption() {
        for (String command : List.of("--help", "serve --help")) {
            assertThat(printed(command.split(" ")))
                    .contains("--config=FILE", "--redis=URL", "--port=PORT", "--print-config", "--check-config");
        }
        assertThat(printed("--help")).contains("serve");
    }

    @Test
    void versionNamesTheServerAndItsJava() {
        assertThat(printed("--version")).startsWith("ephemeral ").contains("Java " + Runtime.version());
    }

    @Test
    void wrongOrNoArgumentsAreReportedWithStatus2() {
        assertThat(usageError()).contains("Usage: ephemeral");
        for (String argument : List.of("--prot", "srve", "--config", "--redis")) {
            assertThat(usageError(argument)).contains("'" + argument + "'");
        }
    }

    @Test
    void checkConfigReportsABrokenFileOnStandardError() throws IOException {
        String broken = file("redis: {timeot: 1s}\nserver.port: x");

        for (String command : List.of("--check-config", "serve --check-config", "serve")) {
            assertThat(usageError((command + " --config " + broken).split(" ")).lines())
                    .containsExactly(
                            broken + ": unknown key redis.timeot (did you mean redis.timeout?)",
                            "server.port: x (expected: 0 to 65535), from " + broken);
        }
    }

    @Test
    void contentOfEachNamedFileIsReportedBeforeTheStart() throws IOException {
        Path callers = Files.writeString(folder.resolve("callers.yaml"), "a: {may: [CacheService]}");
        Path text = Files.writeString(folder.resolve("text.pem"), "no PEM");
        String broken = file("""
                redis: {url: 'rediss://localhost', tls_ca: %s}
                tls: {certificate: %1$s, key: %1$s}
                callers.file: %s
                """.formatted(text, callers));

        for (String command : List.of("--check-config", "serve")) {
            assertThat(usageError((command + " --config " + broken).split(" ")).lines())
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .startsWith("TLS of Redis: ")
                                    .contains(text.toString()),
                            line -> assertThat(line).startsWith("tls.certificate: " + text + " is not PEM"),
                            line -> assertThat(line)
                                    .isEqualTo("callers.file: " + callers + ": a: needs tokens or certificates"));
        }
        Files.writeString(callers, "anonymous: {may: [CacheService/GetCachedUser, Health, ServerReflection]}");
        assertThat(printed("--check-config", "--config", file("callers.file: " + callers)))
                .isNotEmpty();
    }

    @Test
    void checkConfigReportsFileLineAndRuleOfEveryMistakeInADirectoryOfRules() throws IOException {
        Path rules = Files.createDirectory(folder.resolve("rules"));
        Path edge = Files.writeString(rules.resolve("edge.yaml"), """
                domain: edge
                descriptors:
                  - key: remote_address
                    rate_limit: {unit: week, requests_per_unit: 5}
                """);
        Path inner = Files.writeString(rules.resolve("inner.yaml"), "domain: edge\n");
        String config = "rls.config: " + rules + "\n";

        for (String command : List.of("--check-config", "serve")) {
            assertThat(usageError((command + " --config " + file(config)).split(" "))
                            .lines())
                    .containsExactly(
                            edge
                                    + ":4: edge.remote_address: rate_limit.unit: week (expected: one of second, minute, hour,"
                                    + " day, as rls.longest_unit is day)",
                            inner + ":1: domain: edge (expected: a domain of one file, and it is in " + edge
                                    + ":1; rls.merge_domains joins them)");
        }
        assertThat(printed(
                        "--check-config",
                        "--config",
                        file(config + "rls.longest_unit: week\nrls.merge_domains: true\n")))
                .isEqualTo("Configuration is valid." + System.lineSeparator());
    }

    @Test
    void checkConfigConfirmsAGoodFile() throws IOException {
        assertThat(printed("serve", "--check-config", "--config", file("server.port: 1")))
                .isEqualTo("Configuration is valid." + System.lineSeparator());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--print-config --port 7 --redis redis://cache",
                "--print-config --port 7 --redis redis://cache serve",
                "--port 7 serve --print-config --redis redis://cache",
                "serve --redis redis://cache --port 7 --print-config",
            })
    void printConfigShowsOriginsOfOptionsBeforeAndAfterServe(String arguments) {
        assertThat(printed(arguments.split(" ")))
                .contains("server.port: 7  # --port", "redis.url: redis://cache:6379  # --redis")
                .contains("redis.timeout: 300ms  # default");
    }

    @Test
    void whatIsPrintedAndCheckedIsStillAConfigurationFile() throws IOException {
        String printed = printed("--port", "7", "--print-config", "--check-config");

        assertThat(printed("--check-config", "--config", file(printed))).isNotEmpty();
    }

    @Test
    void takenPortAndUnknownHostAreReportedWithStatus1() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(startError("server.port: " + taken.getLocalPort()))
                    .contains("127.0.0.1:" + taken.getLocalPort(), "Address already in use");
        }
        assertThat(startError("server: {host: no-such-host.invalid, insecure: true}"))
                .contains("no-such-host.invalid");
    }

    /** The error of a server that cannot start with this file, in one line. */
    private String startError(String yaml) throws IOException {
        Outcome outcome = ephemeral("serve", "--redis", "redis://127.0.0.1:1", "--config", file(yaml));

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.err().lines()).singleElement().asString().startsWith("Cannot start: ");
        return outcome.err();
    }

    private String file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("ephemeral.yaml"), yaml).toString();
    }

    /** What a command prints that succeeds. */
    private static String printed(String... arguments) {
        Outcome outcome = ephemeral(arguments);
        assertThat(outcome).isEqualTo(new Outcome(0, outcome.out(), ""));
        return outcome.out();
    }

    /** The error of a command that is wrong, or whose configuration is. */
    private static String usageError(String... arguments) {
        Outcome outcome = ephemeral(arguments);
        assertThat(outcome).isEqualTo(new Outcome(2, "", outcome.err()));
        return outcome.err();
    }

    private static Outcome ephemeral(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new CommandLine(new Main(new Logging(new LoggerContext())))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Outcome(status, out.toString(), err.toString());
    }
}
