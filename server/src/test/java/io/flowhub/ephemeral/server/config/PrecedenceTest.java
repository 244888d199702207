package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class PrecedenceTest {

    @TempDir
    Path folder;

    @Test
    void optionOverridesEnvironmentFileAndDefault() throws ConfigException {
        ConfigBuilder config = ConfigBuilder.yaml(folder, "server.port: 1001")
                .withEnv("EPHEMERAL_SERVER_PORT", "1002")
                .withOption("--port", "1003");

        assertThat(config.settings().server().port()).isEqualTo(1003);
        assertThat(config.load().describe()).contains("server.port: 1003  # --port");
    }

    @Test
    void environmentOverridesFileAndDefault() throws ConfigException {
        ConfigBuilder config = ConfigBuilder.yaml(folder, "server.port: 1001").withEnv("EPHEMERAL_SERVER_PORT", "1002");

        assertThat(config.settings().server().port()).isEqualTo(1002);
        assertThat(config.load().describe()).contains("server.port: 1002  # EPHEMERAL_SERVER_PORT");
    }

    @Test
    void fileOverridesDefault() throws ConfigException {
        ConfigBuilder config = ConfigBuilder.yaml(folder, "server.port: 1001");

        assertThat(config.settings().server().port()).isEqualTo(1001);
        assertThat(config.load().describe()).contains("server.port: 1001  # " + folder.resolve("ephemeral.yaml"));
    }

    @Test
    void defaultsApplyWithoutAnySource() throws ConfigException {
        assertThat(ConfigBuilder.empty().settings().server().port()).isEqualTo(9090);
        assertThat(ConfigBuilder.empty().load().describe())
                .contains("server.port: 9090  # default", "server.host: 127.0.0.1  # default");
    }

    /** As `EPHEMERAL_SERVER_PORT: ${PORT:-}` in a compose file leaves it. */
    @Test
    void emptyValueCountsAsUnset() throws ConfigException {
        ConfigBuilder config = ConfigBuilder.yaml(folder, "server.port: 1001\nredis.timeout:\n")
                .withEnv("EPHEMERAL_SERVER_PORT", "")
                .withOption("--port", "");

        assertThat(config.settings().server().port()).isEqualTo(1001);
        assertThat(config.settings().redis().timeout()).hasMillis(300);
    }

    @Test
    void overriddenInvalidValueIsIgnored() throws ConfigException {
        ConfigBuilder config = ConfigBuilder.yaml(folder, "server.port: none").withOption("--port", "7");

        assertThat(config.settings().server().port()).isEqualTo(7);
    }
}
