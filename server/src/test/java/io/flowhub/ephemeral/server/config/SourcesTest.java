package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Command-line options, environment variables and the file: which of them counts, and which variables are ignored. */
@Tag("unit")
class SourcesTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(textBlock = """
            1003, 1002, server.port: 1001, 1003, --port
              '', 1002, server.port: 1001, 1002, EPHEMERAL_SERVER_PORT
              '',   '', server.port: 1001, 1001, ephemeral.yaml
              '',   '', server.port:     , 9090, default
              '',   '', {}               , 9090, default
               7,   '', server.port: none,    7, --port
            """)
    void optionOverridesEnvironmentOverridesFileOverridesDefaultAndAnEmptyValueCountsAsUnset(
            String option, String variable, String yaml, int port, String origin) throws ConfigException {
        // A compose file with `EPHEMERAL_SERVER_PORT: ${PORT:-}` leaves the variable empty.
        Configuration loaded = ConfigBuilder.yaml(folder, yaml)
                .withOption("--port", option)
                .withEnv("EPHEMERAL_SERVER_PORT", variable)
                .load();

        assertThat(loaded.settings().server().port()).isEqualTo(port);
        String shown = origin.endsWith(".yaml") ? folder.resolve(origin).toString() : origin;
        assertThat(loaded.describe())
                .contains("server.port: " + port + "  # " + shown, "server.host: 127.0.0.1  # default");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            PATH, /bin
            REDIS_URL, x
            EPHEMERAL_JAVA_OPTS, -Xmx1g
            EPHEMERAL_TEST_REDIS, redis://elsewhere
            EPHEMERAL_SERVICE_HOST, 10.0.0.1
            EPHEMERAL_SERVICE_PORT, 9090
            EPHEMERAL_SERVICE_PORT_GRPC, 9090
            EPHEMERAL_PORT, tcp://10.0.0.1:9090
            EPHEMERAL_PORT_9090_TCP, tcp://10.0.0.1:9090
            EPHEMERAL_PORT_9090_TCP_PROTO, tcp
            EPHEMERAL_PORT_9090_TCP_PORT, 9090
            EPHEMERAL_PORT_9090_TCP_ADDR, 10.0.0.1
            EPHEMERAL_PORT_9090_SCTP, sctp://10.0.0.1:9090
            EPHEMERAL_SERVER_PORT, tcp://10.0.0.1:9090
            EPHEMERAL_SERVER_SERVICE_HOST, 10.0.0.1
            EPHEMERAL_REDIS_PORT, tcp://10.0.0.2:6379
            EPHEMERAL_REDIS_MASTER_SERVICE_PORT_TCP_REDIS, 6379
            """)
    void variablesOfOtherProgramsAndKubernetesServiceLinksAreIgnored(String variable, String value)
            throws ConfigException {
        assertThat(ConfigBuilder.env(variable, value).settings())
                .isEqualTo(ConfigBuilder.empty().settings());
    }
}
