package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/reference/rules.md} is true: its example, its tables, and the rules in the guides. */
@Tag("unit")
class RulesReferenceTest {

    private static final Path DOCS = Path.of("..", "docs");
    private static final Path PAGE = DOCS.resolve("reference/rules.md");
    private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\\n(.*?)^```");
    private static final Pattern KEY_ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\|");

    @TempDir
    Path directory;

    private static List<String> rules(Path page) throws IOException {
        return YAML.matcher(Files.readString(page))
                .results()
                .map(block -> block.group(1))
                .filter(yaml ->
                        Pattern.compile("(?m)^descriptors:").matcher(yaml).find())
                .toList();
    }

    private RuleTable example() throws Exception {
        return new RuleFolder(directory).load(rules(PAGE).get(0));
    }

    private static Rule rule(RuleTable table, String... keysAndValues) {
        return Objects.requireNonNull(RuleFolder.match(table, "shop", keysAndValues))
                .rule();
    }

    @Test
    void requestsSelectTheLimitsOfTheTable() throws Exception {
        RuleTable table = example();
        assertThat(rule(table, "path", "/login", "remote_address", "198.51.100.7")
                        .limit())
                .isEqualTo(new Limit(5, Unit.MINUTE, 1));
        RuleMatch office = Objects.requireNonNull(
                RuleFolder.match(table, "shop", "path", "/login", "remote_address", "10.20.1.2"));
        assertThat(office.rule().limit()).isEqualTo(new Limit(1_000, Unit.MINUTE, 10));
        assertThat(office.counterValues()).containsExactly("/login", "10.20.*");
        assertThat(RuleFolder.match(table, "shop", "path", "/login")).isNull();
        assertThat(rule(table, "path", "/search").limit()).isEqualTo(new Limit(50, Unit.SECOND, 1));
        assertThat(rule(table, "path", "/search/v1").limit()).isEqualTo(new Limit(50, Unit.SECOND, 1));
        assertThat(rule(table, "path", "/search/v2").limit()).isEqualTo(new Limit(20, Unit.SECOND, 1));
        assertThat(rule(table, "path", "/search/v2").shadowMode()).isTrue();
        assertThat(rule(table, "plan", "gold", "customer", "c7").limit()).isEqualTo(new Limit(10_000, Unit.HOUR, 1));
        assertThat(rule(table, "plan", "gold", "customer", "c7").replaces())
                .containsExactly(rule(table, "customer", "c7").name());
        assertThat(rule(table, "agent", "ELB-HealthCheck/2").unlimited()).isTrue();
        assertThat(rule(table, "remote_address", "203.0.113.9").limit()).isEqualTo(new Limit(0, Unit.DAY, 1));
        assertThat(RuleFolder.match(table, "shop", "remote_address", "198.51.100.7"))
                .isNull();
    }

    @Test
    void everyKeyIsInATable() throws IOException {
        Set<String> rows = new TreeSet<>(KEY_ROW.matcher(Files.readString(PAGE))
                .results()
                .map(row -> row.group(1))
                .toList());
        Set<String> keys = new TreeSet<>(DescriptorParser.KEYS);
        keys.addAll(LimitParser.KEYS);
        assertThat(rows).isEqualTo(keys);
    }

    @Test
    void rulesInEveryDocumentAreValid() throws Exception {
        try (Stream<Path> pages = Files.walk(DOCS)) {
            for (Path page :
                    pages.filter(path -> path.toString().endsWith(".md")).toList()) {
                for (String rules : rules(page)) {
                    assertThat(new RuleFolder(directory).load(rules).domains())
                            .as(page.toString())
                            .hasSize(1);
                }
            }
        }
    }

    /** The lines of the problems are those of the rules that they name. */
    @Test
    void problemsOfThePageAreThoseOfItsExampleWithMistakes() throws Exception {
        String mistaken = rules(PAGE)
                .get(0)
                .replace("{unit: minute, requests_per_unit: 5}", "{unit: minutes, requests_per_unit: 5}")
                .replace("value: 10.20.*", "value: 10.20.0.1")
                .replace(
                        "rate_limit: {unit: second, requests_per_unit: 20}\n    shadow_mode: true\n",
                        "rate_limit:\n      unit: second\n      requests_per_unit: 20\n      shadow_mode: true\n")
                .replace("requests_per_unit: 0}", "requests_per_unit: -1}");
        assertThat(Files.readString(PAGE))
                .contains(new RuleFolder(directory).rejection(mistaken).replace("rules.yaml:", "limits/shop.yaml:"));
    }
}
