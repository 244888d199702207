package io.flowhub.ephemeral.server.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.ConfigBuilder;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class PolicyParserTest {

    @TempDir
    Path folder;

    @Test
    void loginAttemptsAndApiHitsHaveDefaultPolicies() throws ConfigException {
        assertThat(ConfigBuilder.empty().settings().get(RateLimitSettings.GROUP).policies())
                .isEqualTo(Map.of(
                        "login_attempts", new Policy(5, Duration.ofMinutes(1), Algorithm.FIXED_WINDOW),
                        "api_hits", new Policy(100, Duration.ofMinutes(1), Algorithm.FIXED_WINDOW)));
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void everyAlgorithmCanBeChosen(Algorithm algorithm) throws ConfigException {
        assertThat(policies("login: {limit: 7, window: 90s, algorithm: "
                        + algorithm.name().toLowerCase(Locale.ROOT) + "}"))
                .isEqualTo(Map.of("login", new Policy(7, Duration.ofSeconds(90), algorithm)));
    }

    @Test
    void starAndNamedActionsCanBeCombinedAndEmptyPoliciesLimitNoAction() throws ConfigException {
        assertThat(policies("b: {limit: 1, window: 1s}, \"*\": {limit: 2, window: 24h}, a: {limit: 3, window: 1m}"))
                .containsOnlyKeys("b", "*", "a")
                .containsEntry("*", new Policy(2, Duration.ofHours(24), Algorithm.FIXED_WINDOW));
        assertThat(policies("")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: {limit: 0, window: 1s} | a: limit: 0 (expected: 1 to 1000000)",
                "a: {limit: 1000001, window: 1s} | a: limit: 1000001 (expected: 1 to 1000000)",
                "a: {limit: -1, window: 1s} | a: limit: -1 (expected: 1 to 1000000)",
                "a: {limit: many, window: 1s} | a: limit: many (expected: 1 to 1000000)",
                "a: {limit: [1], window: 1s} | a: limit: a list (expected: a single value)",
                "a: {limit: 1, window: 60} | a: window: 60 (expected: a duration such as 250ms, 60s, 5m or 24h)",
                "a: {limit: 1, window: 999ms} | a: window: 999ms (expected: 1s to 24h for fixed_window)",
                "a: {limit: 1, window: 25h} | a: window: 25h (expected: 1s to 24h for fixed_window)",
                "a: {limit: 1, window: 12h1s} | a: window: 12h1s (expected: a duration such as 250ms, 60s, 5m or 24h)",
                "a: {limit: 1, window: 13h, algorithm: sliding_window} | a: window: 13h (expected: 1s to 12h for sliding_window)",
                "a: {limit: 1, window: 1s, algorithm: leaky} | a: algorithm: leaky (expected: one of fixed_window, sliding_window, token_bucket)",
                "a: {window: 1s} | a: limit is missing",
                "a: {limit: 1} | a: window is missing",
                "a: {limit: , window: 1s} | a: limit is missing",
                "a: {limit: 1, windw: 1s} | a: unknown key windw (did you mean window?)",
                "a: | a: nothing (expected: {limit: 5, window: 60s, algorithm: fixed_window})",
                "a: 5 | a: 5 (expected: {limit: 5, window: 60s, algorithm: fixed_window})",
                "a: [5] | a: a list (expected: {limit: 5, window: 60s, algorithm: fixed_window})",
            })
    void invalidPolicyIsReportedWithActionFieldAndExpectation(String policy, String message) {
        assertThat(rejection(policy))
                .isEqualTo("rate_limit.policies: " + message + ", from " + folder.resolve("ephemeral.yaml"));
    }

    @Test
    void slidingWindowMayLastHalfADayBecauseItsKeyLivesForTwoWindows() throws ConfigException {
        assertThat(policies("a: {limit: 1, window: 12h, algorithm: sliding_window}"))
                .isEqualTo(Map.of("a", new Policy(1, Duration.ofHours(12), Algorithm.SLIDING_WINDOW)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:b", "a b", "{a}", "a}", "", "a\\u00a0b", "a\\u2003b", "a\\nb", "**:"})
    void invalidOrDuplicateActionIsRejected(String action) {
        assertThat(rejection("\"" + action + "\": {limit: 1, window: 1s}"))
                .contains("rate_limit.policies: ", "an action has ");
        assertThat(rejection("1: {limit: 1, window: 1s}, \"1\": {limit: 2, window: 1s}"))
                .contains("duplicate key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{login: {limit: 3, window: 10s}}", "login: {limit: 3, window: 10s}"})
    void policiesInAVariableAreYaml(String yaml) throws ConfigException {
        assertThat(ConfigBuilder.env("EPHEMERAL_RATE_LIMIT_POLICIES", yaml)
                        .settings()
                        .get(RateLimitSettings.GROUP)
                        .policies())
                .containsOnlyKeys("login");
    }

    @Test
    void policiesMayUseYamlBooleansAsNamesAnchorsAndMerges() throws ConfigException {
        assertThat(policies("on: {limit: 1, window: 1s}, 1: {limit: 1, window: 1s}"))
                .containsOnlyKeys("on", "1");
        assertThat(policies("a: &a {limit: 1, window: 1s}, b: *a, c: {<<: *a, limit: 2}"))
                .containsEntry("c", new Policy(2, Duration.ofSeconds(1), Algorithm.FIXED_WINDOW));
    }

    private Map<String, Policy> policies(String inBraces) throws ConfigException {
        return ConfigBuilder.yaml(folder, "rate_limit.policies: {" + inBraces + "}")
                .settings()
                .get(RateLimitSettings.GROUP)
                .policies();
    }

    private String rejection(String inBraces) {
        return ConfigBuilder.yaml(folder, "rate_limit.policies: {" + inBraces + "}")
                .rejection();
    }
}
