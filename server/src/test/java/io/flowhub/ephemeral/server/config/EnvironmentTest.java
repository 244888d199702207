package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class EnvironmentTest {

    /** Also of a port, which must not be mistaken for a service link of Kubernetes. */
    @ParameterizedTest
    @CsvSource({
        "EPHEMERAL_REDIS_TIMEOT, 1s, EPHEMERAL_REDIS_TIMEOUT",
        "EPHEMERAL_SEVER_PORT, 9090, EPHEMERAL_SERVER_PORT",
    })
    void unknownVariableSuggestsTheClosestKnownOne(String variable, String value, String closest) {
        assertThat(ConfigBuilder.env(variable, value).rejection())
                .isEqualTo("unknown environment variable " + variable + " (did you mean " + closest + "?)");
    }

    @Test
    void variablesOfOtherProgramsAreIgnored() throws ConfigException {
        ConfigBuilder.env("PATH", "/bin")
                .withEnv("REDIS_URL", "x")
                .withEnv("EPHEMERAL_JAVA_OPTS", "-Xmx1g")
                .withEnv("EPHEMERAL_TEST_REDIS", "redis://elsewhere")
                .load();
    }

    @ParameterizedTest
    @CsvSource({
        "EPHEMERAL_SERVICE_HOST, 10.0.0.1",
        "EPHEMERAL_SERVICE_PORT, 9090",
        "EPHEMERAL_SERVICE_PORT_GRPC, 9090",
        "EPHEMERAL_PORT, tcp://10.0.0.1:9090",
        "EPHEMERAL_PORT_9090_TCP, tcp://10.0.0.1:9090",
        "EPHEMERAL_PORT_9090_TCP_PROTO, tcp",
        "EPHEMERAL_PORT_9090_TCP_PORT, 9090",
        "EPHEMERAL_PORT_9090_TCP_ADDR, 10.0.0.1",
        "EPHEMERAL_PORT_9090_SCTP, sctp://10.0.0.1:9090",
        "EPHEMERAL_SERVER_PORT, tcp://10.0.0.1:9090",
        "EPHEMERAL_SERVER_SERVICE_HOST, 10.0.0.1",
        "EPHEMERAL_REDIS_PORT, tcp://10.0.0.2:6379",
        "EPHEMERAL_REDIS_MASTER_SERVICE_PORT_TCP_REDIS, 6379",
    })
    void kubernetesServiceLinkIsIgnored(String variable, String value) throws ConfigException {
        assertThat(ConfigBuilder.env(variable, value).settings())
                .isEqualTo(ConfigBuilder.empty().settings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"login", "{login: ", "[login]"})
    void malformedPoliciesAreReportedWithTheVariable(String text) {
        assertThat(ConfigBuilder.env("EPHEMERAL_RATE_LIMIT_POLICIES", text).rejection())
                .startsWith("rate_limit.policies: ")
                .contains("expected: a policy by action", "from EPHEMERAL_RATE_LIMIT_POLICIES");
    }
}
