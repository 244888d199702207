package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

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
        assertThat(printed("--help"))
                .contains("serve", "--config=FILE", "--redis=URL", "--port=PORT", "--print-config", "--check-config");
        assertThat(printed("serve", "--help"))
                .contains("--config=FILE", "--redis=URL", "--port=PORT", "--print-config", "--check-config");
    }

    @Test
    void versionNamesTheServerAndItsJava() {
        assertThat(printed("--version")).startsWith("ephemeral ").contains("Java " + Runtime.version());
    }

    @Test
    void withoutArgumentsTheUsageIsShownAsAnError() {
        assertThat(usageError()).contains("Usage: ephemeral");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--prot", "srve", "--config", "--redis"})
    void wrongCommandLineEndsWithStatus2(String argument) {
        assertThat(usageError(argument)).contains("'" + argument + "'");
    }

    @Test
    void checkConfigReportsABrokenFileOnStandardError() throws IOException {
        String broken = file("redis: {timeot: 1s}\nserver.port: x").toString();

        for (String command : List.of("--check-config", "serve --check-config", "serve")) {
            assertThat(usageError((command + " --config " + broken).split(" ")).lines())
                    .containsExactly(
                            broken + ": unknown key redis.timeot (did you mean redis.timeout?)",
                            "server.port: x (expected: 0 to 65535), from " + broken);
        }
    }

    @Test
    void checkConfigConfirmsAGoodFile() throws IOException {
        Outcome outcome = ephemeral(
                "serve", "--check-config", "--config", file("server.port: 1").toString());

        assertThat(outcome).isEqualTo(new Outcome(0, "Configuration is valid." + System.lineSeparator(), ""));
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

        assertThat(printed("--check-config", "--config", file(printed).toString()))
                .isNotEmpty();
    }

    @Test
    void takenPortIsReportedWithStatus1() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Outcome outcome = ephemeral(
                    "serve", "--redis", "redis://127.0.0.1:1", "--port", Integer.toString(taken.getLocalPort()));

            assertThat(outcome.status()).isEqualTo(1);
            assertThat(outcome.err())
                    .startsWith("Cannot start: ")
                    .contains("127.0.0.1:" + taken.getLocalPort(), "Address already in use");
            assertThat(outcome.err().lines()).hasSize(1);
        }
    }

    @Test
    void unknownHostIsReportedWithStatus1() throws IOException {
        String config = file("server.host: no-such-host.invalid").toString();
        Outcome outcome = ephemeral("serve", "--redis", "redis://127.0.0.1:1", "--config", config);

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.err()).startsWith("Cannot start: ").contains("no-such-host.invalid");
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("ephemeral.yaml"), yaml);
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
        int status = new CommandLine(new Main())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Outcome(status, out.toString(), err.toString());
    }
}
