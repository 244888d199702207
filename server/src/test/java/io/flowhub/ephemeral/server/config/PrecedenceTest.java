package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrecedenceTest {

    @TempDir
    Path folder;

    @Test
    void flagWinsOverEnvironmentFileAndDefault() throws ConfigException {
        Given given = Given.yaml(folder, "server.port: 1001")
                .andEnv("EPHEMERAL_SERVER_PORT", "1002")
                .andFlag("--port", "1003");

        assertThat(given.settings().server().port()).isEqualTo(1003);
        assertThat(given.load().describe()).contains("server.port: 1003  # --port");
    }

    @Test
    void environmentWinsOverFileAndDefault() throws ConfigException {
        Given given = Given.yaml(folder, "server.port: 1001").andEnv("EPHEMERAL_SERVER_PORT", "1002");

        assertThat(given.settings().server().port()).isEqualTo(1002);
        assertThat(given.load().describe()).contains("server.port: 1002  # EPHEMERAL_SERVER_PORT");
    }

    @Test
    void fileWinsOverDefault() throws ConfigException {
        Given given = Given.yaml(folder, "server.port: 1001");

        assertThat(given.settings().server().port()).isEqualTo(1001);
        assertThat(given.load().describe()).contains("server.port: 1001  # " + folder.resolve("ephemeral.yaml"));
    }

    @Test
    void withoutAnySourceTheDefaultsHold() throws ConfigException {
        assertThat(Given.nothing().settings().server().port()).isEqualTo(9090);
        assertThat(Given.nothing().load().describe())
                .contains("server.port: 9090  # default", "server.host: 127.0.0.1  # default");
    }

    /** As `EPHEMERAL_SERVER_PORT: ${PORT:-}` in a compose file leaves it. */
    @Test
    void emptyValueLeavesTheNextSourceInForce() throws ConfigException {
        Given given = Given.yaml(folder, "server.port: 1001\nredis.timeout:\n")
                .andEnv("EPHEMERAL_SERVER_PORT", "")
                .andFlag("--port", "");

        assertThat(given.settings().server().port()).isEqualTo(1001);
        assertThat(given.settings().redis().timeout()).hasMillis(300);
    }

    @Test
    void wrongValueThatAnotherSourceOverridesDoesNoHarm() throws ConfigException {
        Given given = Given.yaml(folder, "server.port: none").andFlag("--port", "7");

        assertThat(given.settings().server().port()).isEqualTo(7);
    }
}
