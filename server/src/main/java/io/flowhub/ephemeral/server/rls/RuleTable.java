package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rules of all domains, replaced as a whole when the files change. */
record RuleTable(Map<String, RuleLevel> domains) {

    RuleTable {
        domains = Map.copyOf(domains);
    }

    static RuleTable empty() {
        return new RuleTable(Map.of());
    }

    boolean hasDomain(String domain) {
        return domains.containsKey(domain);
    }

    /**
     * Finds the rule of a descriptor. Each entry selects the most specific descriptor of its level, and the last entry has to
     * select one with a rule: neither a shorter nor a longer path counts, and no level is tried twice.
     *
     * @return null if there is none
     */
    @Nullable
    RuleMatch match(String domain, List<Entry> entries) {
        RuleLevel level = domains.get(domain);
        int depth = entries.size();
        RuleNode[] path = new RuleNode[depth];
        RuleNode node = null;
        for (int i = 0; i < depth; i++) {
            Entry entry = entries.get(i);
            node = level == null ? null : level.find(entry.getKey(), entry.getValue());
            if (node == null) {
                return null;
            }
            path[i] = node;
            level = node.children();
        }
        Rule rule = node == null ? null : node.rule();
        return rule == null ? null : new RuleMatch(rule, counterValues(path, entries), metricKeys(path, entries, rule));
    }

    private static List<String> counterValues(RuleNode[] path, List<Entry> entries) {
        String[] values = new String[path.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = path[i].counterValue(entries.get(i).getValue());
        }
        return Arrays.asList(values);
    }

    private static List<String> metricKeys(RuleNode[] path, List<Entry> entries, Rule rule) {
        List<String> fixed = path[path.length - 1].metricKeys();
        if (fixed != null) {
            return fixed;
        }
        String[] keys = new String[path.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = path[i].metricKey(entries.get(i).getValue(), rule.detailedMetric());
        }
        return Arrays.asList(keys);
    }
}
