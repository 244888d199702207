package io.flowhub.ephemeral.server.rls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mistake in a file takes neither the heap nor the stack. */
@Tag("unit")
class RuleBoundsTest {

    @TempDir
    Path directory;

    private RuleFolder folder;

    @BeforeEach
    void open() {
        folder = new RuleFolder(directory);
    }

    /** Each level has the one before twice: 2^30 descriptors. */
    @Test
    void aliasesThatMultiplyDescriptorsAreRejected() {
        StringBuilder yaml = new StringBuilder("domain: edge\ndescriptors:\n  - &a0 {key: k0}\n");
        for (int i = 1; i <= 30; i++) {
            yaml.append(
                    "  - &a%d {key: k%d, descriptors: [*a%d, {<<: *a%d, value: x}]}\n".formatted(i, i, i - 1, i - 1));
        }
        assertThat(folder.rejection(yaml.toString()))
                .contains("one of more than 100000 descriptors and values in all files");
    }

    @Test
    void aliasesThatMultiplyMetadataAreRejected() {
        StringBuilder yaml =
                new StringBuilder("domain: edge\ndescriptors:\n  - key: ip\n    metadata:\n      a0: &a0 [x]\n");
        for (int i = 1; i <= 30; i++) {
            yaml.append("      a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertThat(folder.rejection(yaml.toString()))
                .contains("edge.ip: metadata: one of more than 100000 descriptors and values in all files");
    }

    @Test
    void descriptorsNestedDeeperThanRequestsAreRejected() {
        StringBuilder yaml = new StringBuilder("domain: edge\ndescriptors:\n  - &a0 {key: k}\n");
        for (int i = 1; i <= 40; i++) {
            yaml.append("  - &a%d {key: k%d, descriptors: [*a%d]}\n".formatted(i, i, i - 1));
        }
        assertThat(folder.rejection(yaml.toString())).contains("nested 33 levels deep (expected: at most 32)");
    }

    @Test
    void nestingWithoutEndIsRejected() {
        assertThat(folder.rejection("domain: edge\ndescriptors: " + "[".repeat(100_000)))
                .isEqualTo(
                        "rules.yaml:1: not YAML: it contains characters that YAML forbids, too many aliases or too many"
                                + " levels");
        assertThat(folder.rejection("domain: edge\ndescriptors: &a [{key: ip, descriptors: *a}]"))
                .isEqualTo("rules.yaml:2: unsupported YAML: an alias within its own anchor");
    }

    @Test
    void limitThatManyRulesRepeatIsAccepted() throws Exception {
        StringBuilder yaml = new StringBuilder(
                "domain: edge\ndescriptors:\n  - {key: k, rate_limit: &limit {unit: day, requests_per_unit: 7}}\n");
        for (int i = 0; i < 5_000; i++) {
            yaml.append("  - {key: k, value: v%d, rate_limit: {<<: *limit}}\n".formatted(i));
        }
        RuleTable table = folder.load(yaml.toString());
        RuleMatch match = requireNonNull(RuleFolder.match(table, "edge", "k", "v4999"));
        assertThat(match.rule().limit()).isEqualTo(new Limit(7, Unit.DAY, 1));
    }
}
