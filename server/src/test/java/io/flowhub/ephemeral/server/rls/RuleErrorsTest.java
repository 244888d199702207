package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the format of envoyproxy/ratelimit rejects, and what would be a mistake there without a message. */
@Tag("unit")
class RuleErrorsTest {

    @TempDir
    Path directory;

    private RuleFolder folder;

    @BeforeEach
    void open() {
        folder = new RuleFolder(directory);
    }

    private void assertRejected(String yaml, String problem) {
        assertThat(folder.rejection(yaml)).isEqualTo("rules.yaml:" + problem);
    }

    /** @param limit the fields of rate_limit, in line 4 */
    private void assertLimitRejected(String limit, String problem) {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    rate_limit: {" + limit + "}\n",
                "4: edge.ip: rate_limit." + problem);
    }

    @Test
    void missingDomain() {
        assertRejected(
                "descriptors:\n  - key: ip\n", "1: domain is missing (expected: the domain of requests, such as edge)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"domain:", "domain: ''", "domain: ~"})
    void emptyDomain(String line) {
        assertRejected(
                "# rules\n" + line + "\ndescriptors:\n",
                "2: domain: '' (expected: the domain of requests, such as edge)");
    }

    @Test
    void emptyKey() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ''\n    value: a\n",
                "3: edge.?_a: key: '' (expected: the key of an entry, such as remote_address)");
    }

    @Test
    void missingKey() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - value: a\n",
                "3: edge.?_a: key is missing (expected: the key of an entry, such as remote_address)");
    }

    @Test
    void duplicateDescriptor() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    value: a\n  - key: ip\n  - key: ip\n    value: a\n",
                "6: edge.ip_a: duplicate descriptor (expected: one for each key and value; another one is in"
                        + " rules.yaml:3)");
    }

    @Test
    void duplicateNestedDescriptor() {
        assertThat(folder.rejection("""
                        domain: edge
                        descriptors:
                          - key: ip
                            descriptors:
                              - key: path
                              - key: path
                        """)).startsWith("rules.yaml:6: edge.ip.path: duplicate descriptor");
    }

    @Test
    void unknownUnit() {
        assertLimitRejected(
                "unit: foo, requests_per_unit: 5", "unit: foo (expected: one of second, minute, hour, day)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"requests_per_unit: 5", "", "unlimited: false"})
    void missingUnit(String limit) {
        assertLimitRejected(limit, "unit is missing (expected: one of second, minute, hour, day)");
    }

    @ParameterizedTest
    @CsvSource({"week", "month", "YEAR"})
    void unitLongerThanADay(String unit) {
        assertLimitRejected(
                "unit: " + unit + ", requests_per_unit: 5",
                "unit: " + unit + " (expected: one of second, minute, hour, day, as rls.longest_unit is day)");
    }

    @Test
    void unitLongerThanTheSettingAllows() {
        folder.write(
                "rules.yaml", "{domain: a, descriptors: [{key: b, rate_limit: {unit: year, requests_per_unit: 1}}]}");
        assertThat(folder.rejection(new RuleLoader(Unit.MONTH, false)))
                .isEqualTo("rules.yaml:1: a.b: rate_limit.unit: year (expected: one of second, minute, hour, day, week,"
                        + " month, as rls.longest_unit is month)");
    }

    @ParameterizedTest
    @CsvSource({"hour, 25, 24", "second, 0, 86400", "minute, -1, 1440", "minute, two, 1440"})
    void windowLongerThanADayOrEmpty(String unit, String multiplier, int max) {
        assertLimitRejected(
                "unit: " + unit + ", unit_multiplier: " + multiplier + ", requests_per_unit: 5",
                "unit_multiplier: " + multiplier + " (expected: 1 to " + max + ", as rls.longest_unit is day)");
    }

    @Test
    void unlimitedWithUnit() {
        assertLimitRejected(
                "unlimited: true, unit: day, requests_per_unit: 25",
                "unit: day (expected: none beside unlimited: true)");
    }

    @Test
    void unlimitedWithUnknownUnit() {
        assertLimitRejected("unlimited: true, unit: foo", "unit: foo (expected: none beside unlimited: true)");
    }

    @Test
    void missingRequestsPerUnit() {
        assertLimitRejected("unit: day", "requests_per_unit is missing (expected: 0 to 4294967295)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "4294967296", "99999999999999999999", "1.5", "1e3", "010", "0x10", "many"})
    void requestsPerUnitOutOfRange(String number) {
        assertLimitRejected(
                "unit: day, requests_per_unit: " + number,
                "requests_per_unit: " + number + " (expected: 0 to 4294967295)");
    }

    @Test
    void ruleThatReplacesItself() {
        assertLimitRejected(
                "name: self, replaces: [{name: other}, {name: self}], unit: second, requests_per_unit: 5",
                "replaces.name: self, which is this rule (expected: the name of another rule)");
    }

    @Test
    void ruleThatReplacesAnEmptyName() {
        assertLimitRejected(
                "name: self, replaces: [{name: }], unit: second, requests_per_unit: 5",
                "replaces.name: '' (expected: the name of another rule)");
    }

    @Test
    void replacesWithoutName() {
        assertLimitRejected(
                "replaces: [{}], unit: second, requests_per_unit: 5",
                "replaces.name is missing (expected: the name of another rule)");
    }

    @Test
    void replacesThatIsNoListOfMaps() {
        assertLimitRejected(
                "replaces: [other], unit: second, requests_per_unit: 5",
                "replaces: other (expected: a map, such as {name: other_rule})");
    }

    @Test
    void shareThresholdWithoutWildcard() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: path\n    value: files\n    share_threshold: true\n",
                "5: edge.path_files: share_threshold: true with value files (expected: a value with '*')");
    }

    @Test
    void shareThresholdWithoutValue() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: path\n    share_threshold: true\n",
                "4: edge.path: share_threshold: true with value '' (expected: a value with '*')");
    }

    @Test
    void wildcardInAKey() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: path*\n",
                "3: edge.path*: key: path* (expected: no '*', which only values may have)");
    }

    @Test
    void brokenYaml() {
        assertThat(folder.rejection("'''")).startsWith("rules.yaml:1: not YAML: found unexpected end of stream");
        assertThat(folder.rejection("domain: edge\ndescriptors: [\n")).startsWith("rules.yaml:3: not YAML: ");
        assertThat(folder.rejection("domain: a: b"))
                .startsWith("rules.yaml:1: not YAML: mapping values are not allowed");
    }

    @Test
    void severalDocumentsInAFile() {
        assertThat(folder.rejection("domain: a\n---\ndomain: b\n")).startsWith("rules.yaml:2: not YAML: ");
    }

    @Test
    void duplicateKeyOfYaml() {
        assertThat(folder.rejection("domain: a\ndomain: b\n"))
                .isEqualTo("rules.yaml:2: not YAML: found duplicate key domain");
    }

    @Test
    void misspeltKeyOfADescriptor() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    value: a\n    ratelimit:\n      unit: day\n",
                "5: edge.ip_a: ratelimit: unknown key (did you mean rate_limit?)");
    }

    @Test
    void misspeltKeyOfALimit() {
        assertLimitRejected(
                "unit: day, requestsperunit: 5", "requestsperunit: unknown key (did you mean requests_per_unit?)");
    }

    @Test
    void misspeltKeyOfAFile() {
        assertRejected("domains: edge\n", "1: domains: unknown key (did you mean domain?)");
    }

    /** envoyproxy/ratelimit accepts it, and ignores it. */
    @Test
    void keyOfADescriptorInItsLimit() {
        assertLimitRejected(
                "unit: day, requests_per_unit: 5, shadow_mode: true",
                "shadow_mode: unknown key (expected: in the descriptor, beside rate_limit)");
    }

    @Test
    void keyOfALimitInItsDescriptor() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    unlimited: true\n",
                "4: edge.ip: unlimited: unknown key (expected: in rate_limit)");
    }

    @Test
    void keyThatIsNoText() {
        assertRejected("0.25: edge\n", "1: 0.25: unknown key (did you mean domain?)");
        assertThat(folder.rejection("domain: edge\n? [a]\n: b\n"))
                .isEqualTo("rules.yaml:2: unsupported YAML: a key that is not text");
    }

    @Test
    void listOfOtherThanMaps() {
        assertThat(folder.rejection("domain: edge\ndescriptors:\n  - a\n  - [b]\n  -\n")
                        .lines())
                .containsExactly(
                        "rules.yaml:3: edge.?: a (expected: a descriptor, such as {key: remote_address, rate_limit: {...}})",
                        "rules.yaml:4: edge.?: a list (expected: a descriptor, such as {key: remote_address, rate_limit: {...}})",
                        "rules.yaml:5: edge.?: nothing (expected: a descriptor, such as {key: remote_address, rate_limit: {...}})");
    }

    @Test
    void mapInPlaceOfAList() {
        assertRejected(
                "domain: edge\ndescriptors:\n  key: ip\n", "2: descriptors: a map (expected: a list of descriptors)");
    }

    @Test
    void listInPlaceOfALimit() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    rate_limit: [a]\n",
                "4: edge.ip: rate_limit: a list (expected: a map, such as {unit: minute, requests_per_unit: 10})");
    }

    @Test
    void listInPlaceOfAValue() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    value: [a]\n",
                "4: edge.ip: value: a list (expected: a single value)");
    }

    @Test
    void flagThatIsNoBoolean() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    shadow_mode: maybe\n",
                "4: edge.ip: shadow_mode: maybe (expected: true or false)");
    }

    @Test
    void metadataThatIsNoMap() {
        assertRejected(
                "domain: edge\ndescriptors:\n  - key: ip\n    metadata: [a]\n",
                "4: edge.ip: metadata: a list (expected: a map)");
    }

    @Test
    void textOrListInPlaceOfAFile() {
        assertRejected(
                "just text",
                "1: file: just text (expected: a domain and its descriptors, such as {domain: edge, descriptors: [...]})");
        assertRejected(
                "- domain: edge",
                "1: file: a list (expected: a domain and its descriptors, such as {domain: edge, descriptors: [...]})");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n", "# nothing yet\n", "---\n"})
    void emptyFile(String yaml) {
        assertRejected(
                yaml,
                "1: is empty (expected: a domain and its descriptors, such as {domain: edge, descriptors: [...]})");
    }

    @Test
    void fileThatIsNoText() throws IOException {
        Files.write(directory.resolve("rules.yaml"), new byte[] {'a', ':', ' ', (byte) 0xff});
        assertThat(folder.rejection(RuleFolder.LOADER))
                .isEqualTo("rules.yaml:1: cannot be read (expected: UTF-8 text of at most 1 MiB)");
        assertThat(folder.rejection("domain: \0")).startsWith("rules.yaml:1: not YAML: it contains characters");
    }

    @Test
    void fileOfMoreThan1MiB() {
        assertRejected("#".repeat((1 << 20) + 1), "1: cannot be read (expected: UTF-8 text of at most 1 MiB)");
    }

    @Test
    void sameDomainInTwoFiles() {
        folder.write("a.yaml", "domain: edge\n");
        folder.write("b.yml", "# b\ndomain: edge\n");
        assertThat(folder.rejection(RuleFolder.LOADER))
                .isEqualTo("b.yml:2: domain: edge (expected: a domain of one file, and it is in a.yaml:1;"
                        + " rls.merge_domains joins them)");
    }

    @Test
    void sameDescriptorInTwoFilesOfOneDomain() {
        folder.write("a.yaml", "domain: edge\ndescriptors:\n  - key: ip\n");
        folder.write("b.yaml", "domain: edge\ndescriptors:\n  - key: ip\n");
        assertThat(folder.rejection(new RuleLoader(Unit.DAY, true)))
                .isEqualTo(
                        "b.yaml:3: edge.ip: duplicate descriptor (expected: one for each key and value; another one is"
                                + " in a.yaml:3)");
    }

    @Test
    void directoryWithoutFiles() throws IOException {
        Files.writeString(directory.resolve("README.md"), "rules");
        assertThat(folder.rejection(RuleFolder.LOADER))
                .isEqualTo("rls.config: " + directory + ": has 0 (expected: 1 to 1000 files *.yaml or *.yml)");
    }

    @Test
    void missingDirectory() {
        Path missing = directory.resolve("none");
        assertThat(new RuleFolder(missing).rejection(RuleFolder.LOADER))
                .isEqualTo("rls.config: " + missing
                        + ": cannot be read (expected: a directory with 1 to 1000 files *.yaml or *.yml)");
    }

    @Test
    void everyMistakeOfAllFilesIsReported() {
        folder.write("a.yaml", """
                domain: edge
                descriptors:
                  - key: ip
                    rate_limit: {unit: hr, requests_per_unit: 1}
                    descriptors:
                      - kye: path
                  - key: user
                    rate_limit: {unit: day, requests_per_unit: -1}
                """);
        folder.write("b.yaml", "domain: inner\ndescriptors: 5\n");
        assertThat(folder.rejection(RuleFolder.LOADER).lines())
                .containsExactly(
                        "a.yaml:4: edge.ip: rate_limit.unit: hr (expected: one of second, minute, hour, day)",
                        "a.yaml:8: edge.user: rate_limit.requests_per_unit: -1 (expected: 0 to 4294967295)",
                        "b.yaml:2: descriptors: 5 (expected: a list of descriptors)");
    }

    @Test
    void manyMistakesInAFileAreShortened() {
        String yaml = "domain: edge\ndescriptors:\n" + "  - key: ''\n".repeat(30);
        assertThat(folder.rejection(yaml).lines()).hasSize(21).last().isEqualTo("rules.yaml: has more problems");
    }

    @Test
    void longValueIsShortened() {
        assertThat(folder.rejection("domain: edge\ndescriptors: " + "x".repeat(10_000)))
                .isEqualTo("rules.yaml:2: descriptors: " + "x".repeat(100) + "... (expected: a list of descriptors)");
    }
}
