package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class PrecedenceTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "1003, 1002, server.port: 1001, 1003, --port",
        "    , 1002, server.port: 1001, 1002, EPHEMERAL_SERVER_PORT",
        "    ,     , server.port: 1001, 1001, ephemeral.yaml",
        "    ,     , {}               , 9090, default",
    })
    void optionOverridesEnvironmentOverridesFileOverridesDefault(
            @Nullable String option, @Nullable String variable, String yaml, int port, String origin)
            throws ConfigException {
        ConfigBuilder config = ConfigBuilder.yaml(folder, yaml);
        if (option != null) {
            config.withOption("--port", option);
        }
        if (variable != null) {
            config.withEnv("EPHEMERAL_SERVER_PORT", variable);
        }

        assertThat(config.settings().server().port()).isEqualTo(port);
        String shown = origin.endsWith(".yaml") ? folder.resolve(origin).toString() : origin;
        assertThat(config.load().describe())
                .contains("server.port: " + port + "  # " + shown, "server.host: 127.0.0.1  # default");
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
