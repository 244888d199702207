package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentTest {

    @Test
    void unknownVariableNamesTheNearestKnownOne() {
        assertThat(Given.env("EPHEMERAL_REDIS_TIMEOT", "1s").refusal())
                .isEqualTo(
                        "unknown environment variable EPHEMERAL_REDIS_TIMEOT (did you mean EPHEMERAL_REDIS_TIMEOUT?)");
    }

    @Test
    void misspeltPortIsNotTakenForAKubernetesServiceLink() {
        assertThat(Given.env("EPHEMERAL_SEVER_PORT", "9090").refusal())
                .isEqualTo("unknown environment variable EPHEMERAL_SEVER_PORT (did you mean EPHEMERAL_SERVER_PORT?)");
    }

    @Test
    void variablesOfOthersAreNotOurs() throws ConfigException {
        Given.env("PATH", "/bin")
                .andEnv("REDIS_URL", "x")
                .andEnv("EPHEMERAL_JAVA_OPTS", "-Xmx1g")
                .andEnv("EPHEMERAL_TEST_REDIS", "redis://elsewhere")
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
        assertThat(Given.env(variable, value).settings())
                .isEqualTo(Given.nothing().settings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{login: {limit: 3, window: 10s}}", "login: {limit: 3, window: 10s}"})
    void policiesAreWrittenAsYaml(String yaml) throws ConfigException {
        assertThat(Given.env("EPHEMERAL_RATE_LIMIT_POLICIES", yaml)
                        .settings()
                        .rateLimit()
                        .policies())
                .containsOnlyKeys("login");
    }

    @ParameterizedTest
    @ValueSource(strings = {"login", "{login: ", "[login]"})
    void policiesThatAreNoneNameTheVariable(String text) {
        assertThat(Given.env("EPHEMERAL_RATE_LIMIT_POLICIES", text).refusal())
                .startsWith("rate_limit.policies: ")
                .contains("expected: a policy by action", "from EPHEMERAL_RATE_LIMIT_POLICIES");
    }
}
