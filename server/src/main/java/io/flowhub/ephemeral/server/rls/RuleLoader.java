package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.SmallFile;
import io.flowhub.ephemeral.server.config.YamlNode;
import io.flowhub.ephemeral.server.config.YamlNode.Nothing;
import io.flowhub.ephemeral.server.config.YamlProblem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Reads the rules of a directory, in the format of Envoy's rate limit service.
 *
 * @param longestUnit of a limit
 * @param mergeDomains whether several files may have rules of one domain
 */
record RuleLoader(Unit longestUnit, boolean mergeDomains) {

    private static final String SHAPE = "a domain and its descriptors, such as {domain: edge, descriptors: [...]}";
    private static final Set<String> KEYS = Set.of("domain", "descriptors");

    /** @param place file and line */
    private record Domain(RuleBranch descriptors, String place) {}

    /** @throws ConfigException with file, line, rule and value of everything that is not valid */
    RuleTable load(Path directory) throws ConfigException {
        Problems problems = new Problems();
        List<Path> files = RuleFiles.list(directory, problems);
        Map<String, Domain> domains = new HashMap<>();
        ElementBound bound = new ElementBound();
        for (Path file : files) {
            FileProblems ofFile = new FileProblems(file, problems);
            try {
                read(file, domains, bound, ofFile);
            } catch (YamlProblem e) {
                ofFile.accept(e);
            }
        }
        problems.throwIfAny();
        return new RuleTable(domains.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        domain -> domain.getValue().descriptors().freeze())));
    }

    private void read(Path file, Map<String, Domain> domains, ElementBound bound, Consumer<YamlProblem> problems) {
        YamlNode root = root(file);
        if (root instanceof Nothing) { // as it is for a moment while an editor writes it
            throw new YamlProblem("is empty (expected: " + SHAPE + ")", 1);
        }
        Fields fields = Fields.of("", "file", root, SHAPE);
        fields.allow(KEYS, Map.of());
        String name = fields.requiredText("domain", "the domain of requests, such as edge");
        Domain domain = new Domain(new RuleBranch(), file + ":" + fields.line("domain"));
        Domain other = domains.putIfAbsent(name, domain);
        if (other != null && !mergeDomains) {
            throw fields.problem(
                    "domain",
                    Fields.shortened(name),
                    "a domain of one file, and it is in " + other.place() + "; rls.merge_domains joins them");
        }
        new DescriptorParser(file.toString(), new LimitParser(longestUnit, bound), bound, problems)
                .read(
                        name,
                        fields.list("descriptors", DescriptorParser.LIST_SHAPE),
                        (other == null ? domain : other).descriptors());
    }

    private static YamlNode root(Path file) {
        try {
            return YamlNode.parse(SmallFile.readText(file));
        } catch (IOException e) {
            throw new YamlProblem("cannot be read (expected: UTF-8 text of at most 1 MiB)", 1);
        } catch (YamlProblem e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new YamlProblem(String.valueOf(e.getMessage()), 1);
        }
    }
}
