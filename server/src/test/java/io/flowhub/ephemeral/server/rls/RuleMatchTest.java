package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.ConfigException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rule a request selects, and how it is counted and reported. */
@Tag("unit")
class RuleMatchTest {

    @TempDir
    Path directory;

    private RuleFolder folder;

    @BeforeEach
    void open() {
        folder = new RuleFolder(directory);
    }

    private RuleTable table(String descriptors) throws ConfigException {
        return folder.load("domain: edge\ndescriptors:\n" + descriptors.indent(2));
    }

    private static RuleMatch require(RuleTable table, String... keysAndValues) {
        return Objects.requireNonNull(RuleFolder.match(table, "edge", keysAndValues));
    }

    private static long limit(RuleTable table, String... keysAndValues) {
        return Objects.requireNonNull(require(table, keysAndValues).rule().limit())
                .requestsPerUnit();
    }

    private static void assertNone(RuleTable table, String... keysAndValues) {
        assertThat(RuleFolder.match(table, "edge", keysAndValues)).isNull();
    }

    private static void assertMetricKeys(RuleMatch match, String... keys) {
        assertThat(match.metricKeys()).containsExactly(keys);
    }

    @Test
    void valueIsMoreSpecificThanWildcardAndWildcardThanKey() throws Exception {
        RuleTable table = table("""
                - {key: path, rate_limit: {unit: minute, requests_per_unit: 1}}
                - {key: path, value: /a*, rate_limit: {unit: minute, requests_per_unit: 2}}
                - {key: path, value: /ab, rate_limit: {unit: minute, requests_per_unit: 3}}
                """);
        assertThat(limit(table, "path", "/ab")).isEqualTo(3);
        assertThat(limit(table, "path", "/ac")).isEqualTo(2);
        assertThat(limit(table, "path", "/b")).isEqualTo(1);
        assertThat(limit(table, "path", "")).isEqualTo(1);
        assertNone(table, "Path", "/ab");
    }

    @Test
    void firstMatchingWildcardOfTheFileCounts() throws Exception {
        RuleTable table = table("""
                - {key: path, value: /a/b*, rate_limit: {unit: minute, requests_per_unit: 1}}
                - {key: path, value: /a/*, rate_limit: {unit: minute, requests_per_unit: 2}}
                - {key: path, value: '/*/c', rate_limit: {unit: minute, requests_per_unit: 3}}
                - {key: path, value: 'x*y*z', rate_limit: {unit: minute, requests_per_unit: 4}}
                """);
        assertThat(limit(table, "path", "/a/bc")).isEqualTo(1);
        assertThat(limit(table, "path", "/a/c")).isEqualTo(2);
        assertThat(limit(table, "path", "/b/c")).isEqualTo(3);
        assertThat(limit(table, "path", "x1y2z")).isEqualTo(4);
        assertNone(table, "path", "/b/d");
    }

    @Test
    void depthOfTheRequestHasToBeThatOfTheRule() throws Exception {
        RuleTable table = table("""
                - key: a
                  value: "1"
                  rate_limit: {unit: day, requests_per_unit: 15}
                  descriptors:
                    - {key: b, value: "2", rate_limit: {unit: day, requests_per_unit: 25}}
                    - key: c
                      descriptors:
                        - {key: d, rate_limit: {unit: day, requests_per_unit: 35}}
                """);
        assertThat(limit(table, "a", "1")).isEqualTo(15);
        assertThat(limit(table, "a", "1", "b", "2")).isEqualTo(25);
        assertThat(limit(table, "a", "1", "c", "x", "d", "y")).isEqualTo(35);
        assertNone(table, "a", "1", "b", "other");
        assertNone(table, "a", "1", "b", "2", "c", "3");
        assertNone(table, "a", "1", "c", "x");
        assertNone(table, "b", "2");
        assertNone(table);
    }

    /** The more specific descriptor is final, also if the less specific one has the rule. */
    @Test
    void descriptorWithoutLimitPasses() throws Exception {
        RuleTable table = table("""
                - {key: ip, rate_limit: {unit: second, requests_per_unit: 10}}
                - {key: ip, value: 10.0.0.1}
                - {key: ip, value: 10.0.0.2, rate_limit: }
                """);
        assertThat(limit(table, "ip", "10.0.0.3")).isEqualTo(10);
        assertNone(table, "ip", "10.0.0.1");
        assertNone(table, "ip", "10.0.0.2");
    }

    @Test
    void unknownDomainHasNoRules() throws Exception {
        RuleTable table = table("- {key: a, rate_limit: {unlimited: true}}\n");
        assertThat(RuleFolder.match(table, "other", "a", "1")).isNull();
        assertThat(table.hasDomain("other")).isFalse();
        assertThat(table.hasDomain("edge")).isTrue();
        assertThat(RuleFolder.match(RuleTable.empty(), "edge", "a", "1")).isNull();
    }

    /** envoyproxy/ratelimit joins key and value with "_", so that these are one there. */
    @Test
    void keyAndValueAreNotMistakenForAnotherPair() throws Exception {
        RuleTable table = table("""
                - {key: a, value: b_c, rate_limit: {unit: day, requests_per_unit: 1}}
                - {key: a_b, value: c, rate_limit: {unit: day, requests_per_unit: 2}}
                """);
        assertThat(limit(table, "a", "b_c")).isEqualTo(1);
        assertThat(limit(table, "a_b", "c")).isEqualTo(2);
        assertNone(table, "a_b_c", "");
    }

    @Test
    void everyFieldOfARuleIsRead() throws Exception {
        Rule rule = require(table("""
                - key: a
                  shadow_mode: true
                  quota_mode: yes
                  detailed_metric: True
                  rate_limit:
                    name: n
                    unit: Hour
                    unit_multiplier: 5
                    requests_per_unit: 4_294_967_295
                    replaces: [{name: x}, {name: y}]
                """), "a", "1").rule();
        assertThat(rule)
                .isEqualTo(new Rule(
                        "n",
                        new Limit(4_294_967_295L, Unit.HOUR, 5),
                        true,
                        true,
                        true,
                        List.of("x", "y"),
                        com.google.protobuf.Struct.getDefaultInstance()));
        assertThat(Objects.requireNonNull(rule.limit()).windowMillis()).isEqualTo(5 * 3_600_000L);
    }

    @Test
    void defaultsOfARule() throws Exception {
        RuleTable table = table("- {key: a, value: ~, rate_limit: {unit: second, requests_per_unit: 0}}\n");
        Rule rule = require(table, "a", "1").rule();
        assertThat(rule)
                .isEqualTo(new Rule(
                        "",
                        new Limit(0, Unit.SECOND, 1),
                        false,
                        false,
                        false,
                        List.of(),
                        com.google.protobuf.Struct.getDefaultInstance()));
        assertThat(rule.unlimited()).isFalse();
    }

    @Test
    void unlimitedRuleHasNoLimit() throws Exception {
        RuleTable table = table("- {key: a, rate_limit: {unlimited: true, name: free, requests_per_unit: 5}}\n");
        assertThat(require(table, "a", "1").rule().unlimited()).isTrue();
        assertThat(require(table, "a", "1").rule().name()).isEqualTo("free");
    }

    @ParameterizedTest
    @ValueSource(strings = {"week", "month", "year"})
    void longerUnitsAreAllowedByTheSetting(String unit) throws Exception {
        folder.write(
                "rules.yaml",
                "{domain: a, descriptors: [{key: b, rate_limit: {unit: " + unit + ", requests_per_unit: 1}}]}");
        RuleTable table = new RuleLoader(Unit.YEAR, false).load(directory);
        Rule rule =
                Objects.requireNonNull(RuleFolder.match(table, "a", "b", "")).rule();
        assertThat(Objects.requireNonNull(rule.limit()).unit()).hasToString(unit);
    }

    @Test
    void filesOfOneDomainAreMergedIfTheSettingAllowsIt() throws Exception {
        folder.write(
                "a.yaml", "domain: edge\ndescriptors: [{key: a, rate_limit: {unit: day, requests_per_unit: 1}}]\n");
        folder.write(
                "b.yaml", "domain: edge\ndescriptors: [{key: b, rate_limit: {unit: day, requests_per_unit: 2}}]\n");
        folder.write("c.yaml", "domain: edge\ndescriptors:\n");
        RuleTable table = new RuleLoader(Unit.DAY, true).load(directory);
        assertThat(limit(table, "a", "x")).isEqualTo(1);
        assertThat(limit(table, "b", "x")).isEqualTo(2);
    }

    @Test
    void onlyYamlFilesThatAreNotHiddenAreRead() throws Exception {
        folder.write("a.yml", "{domain: a}");
        folder.write("b.yaml", "{domain: b}");
        folder.write(".c.yaml", "{domain: c}");
        folder.write("d.yaml~", "{domain: d}");
        folder.write("README.md", "# rules");
        assertThat(RuleFolder.LOADER.load(directory).domains()).containsOnlyKeys("a", "b");
    }

    @Test
    void valuesThatShareAThresholdShareACounter() throws Exception {
        RuleTable table = table("""
                - {key: file, value: test1, rate_limit: {unit: day, requests_per_unit: 1}}
                - {key: file, value: test*, share_threshold: true, rate_limit: {unit: day, requests_per_unit: 2}}
                - key: tenant
                  value: t*prod
                  share_threshold: true
                  descriptors:
                    - key: resource
                      value: res*
                      descriptors:
                        - {key: kind, rate_limit: {unit: day, requests_per_unit: 3}}
                """);
        assertThat(require(table, "file", "test2").counterValues()).containsExactly("test*");
        assertThat(require(table, "file", "test1").counterValues()).containsExactly("test1");
        RuleMatch nested = require(table, "tenant", "t1prod", "resource", "res2", "kind", "x");
        assertThat(nested.counterValues()).containsExactly("t*prod", "res2", "x");
        assertMetricKeys(nested, "tenant_t*prod", "resource_res*", "kind");
    }

    @Test
    void metricKeysHaveTheValuesOfTheRule() throws Exception {
        RuleTable table = table("""
                - key: a
                  value: "1"
                  descriptors:
                    - {key: b, rate_limit: {unit: day, requests_per_unit: 1}}
                    - {key: b, value: x*, rate_limit: {unit: day, requests_per_unit: 1}}
                """);
        assertMetricKeys(require(table, "a", "1", "b", "2"), "a_1", "b");
        assertMetricKeys(require(table, "a", "1", "b", "xyz"), "a_1", "b_x*");
    }

    @Test
    void valueToMetricAddsTheValuesOfItsLevel() throws Exception {
        RuleTable table = table("""
                - key: a
                  value: a*
                  value_to_metric: true
                  descriptors:
                    - key: b
                      descriptors:
                        - {key: c, value_to_metric: true, rate_limit: {unit: day, requests_per_unit: 1}}
                - key: s
                  value: s*
                  value_to_metric: true
                  share_threshold: true
                  rate_limit: {unit: day, requests_per_unit: 1}
                """);
        assertMetricKeys(require(table, "a", "a1", "b", "2", "c", "3"), "a_a1", "b", "c_3");
        assertMetricKeys(require(table, "a", "a1", "b", "2", "c", ""), "a_a1", "b", "c");
        assertMetricKeys(require(table, "s", "s1"), "s_s*");
    }

    @Test
    void detailedMetricHasAllValuesOfTheRequest() throws Exception {
        RuleTable table = table("""
                - key: a
                  descriptors:
                    - {key: b, detailed_metric: true, rate_limit: {unit: day, requests_per_unit: 1}}
                - key: s
                  value: s*
                  share_threshold: true
                  descriptors:
                    - {key: b, detailed_metric: true, rate_limit: {unit: day, requests_per_unit: 1}}
                """);
        assertMetricKeys(require(table, "a", "1", "b", "2"), "a_1", "b_2");
        assertMetricKeys(require(table, "s", "s1", "b", "2"), "s_s*", "b_2");
    }
}
