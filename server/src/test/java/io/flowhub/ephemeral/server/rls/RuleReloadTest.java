package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changed files apply while the server runs. */
@Tag("unit")
@Tag("slow")
class RuleReloadTest {

    private static final String RULES =
            "domain: %s%ndescriptors: [{key: ip, rate_limit: {unit: day, requests_per_unit: %s}}]%n";

    @TempDir
    Path directory;

    private final PrometheusRegistry metrics = new PrometheusRegistry();
    private RuleFolder folder;

    @BeforeEach
    void write() {
        folder = new RuleFolder(directory);
        folder.write("a.yaml", RULES.formatted("edge", 1));
    }

    private RuleDirectory open() throws ConfigException {
        return RuleDirectory.open(
                directory, RuleFolder.LOADER, new RuleLoads(metrics, new ReloadMetrics(metrics).of("rls")));
    }

    private static long limit(RuleDirectory rules, String domain) {
        RuleMatch match = RuleFolder.match(rules.table(), domain, "ip", "10.0.0.1");
        return match == null ? -1 : Objects.requireNonNull(match.rule().limit()).requestsPerUnit();
    }

    private static void awaitLimit(RuleDirectory rules, String domain, long limit) throws Exception {
        Eventually.soon(domain + " has the limit " + limit, () -> limit(rules, domain) == limit);
    }

    @Test
    void changedAddedAndRemovedFilesApply() throws Exception {
        try (RuleDirectory rules = open()) {
            assertThat(limit(rules, "edge")).isEqualTo(1);

            folder.write("a.yaml", RULES.formatted("edge", 2));
            awaitLimit(rules, "edge", 2);

            Path added = folder.write("b.yaml", RULES.formatted("inner", 3));
            awaitLimit(rules, "inner", 3);
            assertThat(limit(rules, "edge")).isEqualTo(2);

            Files.delete(added);
            awaitLimit(rules, "inner", -1);
            assertThat(limit(rules, "edge")).isEqualTo(2);
        }
    }

    @Test
    void brokenFileKeepsAllRulesAndIsLoggedOnceWithFileLineAndRule() throws Exception {
        try (RuleDirectory rules = open();
                CapturedLog log = CapturedLog.of(RuleDirectory.class)) {
            folder.write("b.yaml", RULES.formatted("inner", 3));
            Path broken = folder.write("a.yaml", RULES.formatted("edge", "lots"));
            Eventually.soon("logged", () -> !log.messages(Level.ERROR).isEmpty());
            assertThat(log.messages(Level.ERROR))
                    .containsExactly("Rejected " + directory + ": " + broken
                            + ":2: edge.ip: rate_limit.requests_per_unit: lots (expected: 0 to 4294967295);"
                            + " keeping the previous rules");
            assertThat(limit(rules, "edge")).isEqualTo(1);
            assertThat(limit(rules, "inner")).isEqualTo(-1);

            folder.write("a.yaml", RULES.formatted("edge", 5));
            awaitLimit(rules, "edge", 5);
            assertThat(limit(rules, "inner")).isEqualTo(3);
            assertThat(log.messages(Level.ERROR)).hasSize(1);
            assertThat(log.messages(Level.INFO)).containsExactly("Reloaded the rules of 2 domains from " + directory);
        }
    }

    @Test
    void directoryWithoutFilesKeepsTheRules() throws Exception {
        try (RuleDirectory rules = open();
                CapturedLog log = CapturedLog.of(RuleDirectory.class)) {
            Files.delete(directory.resolve("a.yaml"));
            Eventually.soon("logged", () -> !log.messages(Level.ERROR).isEmpty());
            assertThat(limit(rules, "edge")).isEqualTo(1);
        }
    }

    @Test
    void pipeInTheDirectoryKeepsTheRulesUntilItIsRemoved() throws Exception {
        try (RuleDirectory rules = open();
                CapturedLog log = CapturedLog.of(RuleDirectory.class)) {
            Path pipe = directory.resolve("pipe.yaml");
            assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                    .isZero();
            Eventually.soon(
                    "logged",
                    () -> log.messages(Level.ERROR).stream()
                            .anyMatch(message -> message.contains("pipe.yaml: is no regular file")));
            assertThat(limit(rules, "edge")).isEqualTo(1);
            Files.delete(pipe);
            folder.write("a.yaml", RULES.formatted("edge", 7));
            awaitLimit(rules, "edge", 7);
        }
    }

    /** Kubernetes mounts a.yaml -> ..data/a.yaml and ..data -> a directory per version, and swaps ..data. */
    @Test
    void swappedVersionOfAConfigMapApplies() throws Exception {
        Files.delete(directory.resolve("a.yaml"));
        version("..v1", "edge", 1);
        Path data = Files.createSymbolicLink(directory.resolve("..data"), Path.of("..v1"));
        Files.createSymbolicLink(directory.resolve("a.yaml"), Path.of("..data", "a.yaml"));
        try (RuleDirectory rules = open()) {
            assertThat(limit(rules, "edge")).isEqualTo(1);

            version("..v2", "edge", 7);
            Path next = Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("..v2"));
            Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            awaitLimit(rules, "edge", 7);
        }
    }

    private void version(String name, String domain, int limit) throws IOException {
        Path version = Files.createDirectory(directory.resolve(name));
        new RuleFolder(version).write("a.yaml", RULES.formatted(domain, limit));
    }

    @Test
    void loadsAreCountedUnderTheNamesOfEnvoysServiceAndAsReloads() throws Exception {
        try (RuleDirectory rules = open()) {
            assertThat(page()).containsAll(counts(1, 0, 0, 0));

            folder.write("a.yaml", RULES.formatted("", 1));
            Eventually.soon("rejected", () -> page().containsAll(counts(1, 1, 0, 1)));

            folder.write("a.yaml", RULES.formatted("edge", 2));
            awaitLimit(rules, "edge", 2);
            Eventually.soon("applied", () -> page().containsAll(counts(2, 1, 1, 1)));
        }
    }

    private static List<String> counts(int success, int error, int applied, int rejected) {
        return List.of(
                "ratelimit_service_config_load_success " + success + ".0",
                "ratelimit_service_config_load_error " + error + ".0",
                "ephemeral_config_reloads_total{file=\"rls\",result=\"applied\"} " + applied + ".0",
                "ephemeral_config_reloads_total{file=\"rls\",result=\"rejected\"} " + rejected + ".0");
    }

    private List<String> page() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, metrics.scrape());
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void brokenFileAtTheStartIsRejectedWithFileLineAndRule() {
        Path broken = folder.write("a.yaml", RULES.formatted("edge", -1));
        assertThatThrownBy(this::open)
                .isInstanceOf(ConfigException.class)
                .hasMessage(broken + ":2: edge.ip: rate_limit.requests_per_unit: -1 (expected: 0 to 4294967295)");
    }
}
