package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import io.flowhub.ephemeral.server.fuzz.InputFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/** A file of rules. What is accepted answers a request. */
public final class RulesTarget implements FuzzTarget {

    private static final RuleLoader LOADER = new RuleLoader(Unit.DAY, false);

    private final Path file = InputFile.create("rules.yaml");

    @Override
    public Stream<byte[]> seeds() {
        return Stream.of(
                        """
                        domain: edge
                        descriptors:
                          - key: path
                            value: /a*b*
                            share_threshold: true
                            shadow_mode: true
                            quota_mode: no
                            metadata: {a: [1, -2.5, true, ~, {b: c}]}
                            rate_limit: &limit
                              name: one
                              unit: minute
                              unit_multiplier: 5
                              requests_per_unit: 1_000
                              replaces: [{name: two}]
                            descriptors:
                              - {key: ip, value_to_metric: true, rate_limit: {<<: *limit, name: three}}
                          - {key: ip, detailed_metric: true, rate_limit: {unlimited: true}}
                        """,
                        "'''",
                        "domain: a\ndescriptors: &a [{key: b, descriptors: *a}]",
                        "domain: a\ndescriptors: [&a {key: b, metadata: {<<: *a}}]",
                        "domain: a\ndescriptors: [{key: b, rate_limit: {unit: day, requests_per_unit: 99999999999}}]",
                        "domain: a\ndescriptors: [{key: " + "*".repeat(1 << 10) + "}]",
                        "domain: a\ndescriptors: [{key: b, value: '" + "*a".repeat(1 << 10) + "'}]")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** SnakeYAML copies a long token once more for each KB of it. The file is the operator's, and of 1 MiB at most. */
    @Override
    public long maxAllocatedBytes() {
        return 4L << 30;
    }

    @Override
    public void read(byte[] input) throws Exception {
        Files.write(file, input);
        RuleTable table;
        try {
            table = LOADER.load(Objects.requireNonNull(file.getParent()));
        } catch (ConfigException e) {
            if (!String.valueOf(e.getMessage()).contains("rules.yaml:")) {
                throw new AssertionError("no file and line in: " + e.getMessage(), e);
            }
            return;
        }
        for (String domain : table.domains().keySet()) {
            RuleFolder.match(table, domain, "path", "/a1b2");
            RuleFolder.match(table, domain, "path", "/a1b2", "ip", "");
        }
    }
}
