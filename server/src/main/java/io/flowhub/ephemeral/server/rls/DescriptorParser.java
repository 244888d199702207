package io.flowhub.ephemeral.server.rls;

import com.google.protobuf.Struct;
import io.flowhub.ephemeral.server.config.YamlNode;
import io.flowhub.ephemeral.server.config.YamlNode.Mapping;
import io.flowhub.ephemeral.server.config.YamlNode.Text;
import io.flowhub.ephemeral.server.config.YamlProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the descriptors of a file. A descriptor with a problem does not hide those of the others.
 *
 * @param file as problems name it
 */
record DescriptorParser(String file, LimitParser limits, ElementBound bound, Consumer<YamlProblem> problems) {

    static final String LIST_SHAPE = "a list of descriptors";

    private static final String SHAPE = "a descriptor, such as {key: remote_address, rate_limit: {...}}";
    static final Set<String> KEYS = Set.of(
            "key",
            "value",
            "rate_limit",
            "descriptors",
            "shadow_mode",
            "quota_mode",
            "detailed_metric",
            "value_to_metric",
            "share_threshold",
            "metadata");
    private static final Map<String, String> KEYS_OF_LIMIT = placed(LimitParser.KEYS, "in rate_limit");
    private static final Map<String, String> KEYS_OF_DESCRIPTOR = placed(KEYS, "in the descriptor, beside rate_limit");

    private static Map<String, String> placed(Set<String> keys, String place) {
        return keys.stream().collect(Collectors.toMap(key -> key, key -> place));
    }

    /**
     * Where descriptors are.
     *
     * @param path names the descriptors above, such as {@code edge.remote_address}
     * @param metricKeys those of the descriptors above; null if a request decides them
     */
    private record Parent(String path, int depth, @Nullable List<String> metricKeys) {}

    /** Adds the descriptors of a domain. */
    void read(String domain, List<YamlNode> descriptors, RuleBranch into) {
        read(new Parent(Fields.shortened(domain), 0, List.of()), descriptors, into);
    }

    private void read(Parent parent, List<YamlNode> descriptors, RuleBranch into) {
        for (YamlNode descriptor : descriptors) {
            try {
                RuleNode node = descriptor(parent, descriptor);
                String other = into.add(node, file + ":" + descriptor.line());
                if (other != null) {
                    throw new YamlProblem(
                            path(parent, descriptor) + ": duplicate descriptor (expected: one for each key and value;"
                                    + " another one is in " + other + ")",
                            descriptor.line());
                }
            } catch (YamlProblem e) {
                problems.accept(e);
            }
        }
    }

    private RuleNode descriptor(Parent parent, YamlNode node) {
        String path = path(parent, node);
        bound.take(path, parent.depth() + 1, node.line());
        Fields fields = Fields.of(path + ": ", path, node, SHAPE);
        fields.allow(KEYS, KEYS_OF_LIMIT);
        String key = fields.requiredText("key", "the key of an entry, such as remote_address");
        if (Wildcard.is(key)) {
            throw fields.problem("key", Fields.shortened(key), "no '*', which only values may have");
        }
        String value = fields.text("value");
        boolean shareThreshold = fields.flag("share_threshold");
        if (shareThreshold && !Wildcard.is(value)) {
            throw fields.problem("share_threshold", "true with value " + Fields.shortened(value), "a value with '*'");
        }
        RuleNode bare = new RuleNode(
                key,
                value,
                Wildcard.is(value) ? Wildcard.of(value) : null,
                shareThreshold,
                fields.flag("value_to_metric"),
                null,
                rule(path, fields),
                RuleLevel.EMPTY);
        List<String> metricKeys = metricKeys(parent, bare);
        RuleBranch children = new RuleBranch();
        read(new Parent(path, parent.depth() + 1, metricKeys), fields.list("descriptors", LIST_SHAPE), children);
        return bare.with(bare.rule() != null && bare.rule().detailedMetric() ? null : metricKeys, children.freeze());
    }

    private static @Nullable List<String> metricKeys(Parent parent, RuleNode node) {
        if (parent.metricKeys() == null || !node.hasFixedMetricKey()) {
            return null;
        }
        List<String> keys = new ArrayList<>(parent.metricKeys());
        keys.add(node.metricKey("", false));
        return List.copyOf(keys);
    }

    private @Nullable Rule rule(String path, Fields fields) {
        boolean shadowMode = fields.flag("shadow_mode");
        boolean quotaMode = fields.flag("quota_mode");
        boolean detailedMetric = fields.flag("detailed_metric");
        Struct metadata = metadata(path, fields);
        YamlNode node = fields.find("rate_limit");
        if (node == null) {
            return null;
        }
        Fields limit = Fields.of(path + ": rate_limit.", path + ": rate_limit", node, LimitParser.SHAPE);
        limit.allow(LimitParser.KEYS, KEYS_OF_DESCRIPTOR);
        String name = limit.text("name");
        return new Rule(
                name,
                limits.limit(limit),
                shadowMode,
                quotaMode,
                detailedMetric,
                limits.replaces(limit, name),
                metadata);
    }

    private Struct metadata(String path, Fields fields) {
        YamlNode node = fields.find("metadata");
        if (node == null) {
            return Struct.getDefaultInstance();
        }
        String name = path + ": metadata";
        return new MetadataParser(name, bound)
                .struct(Fields.of(name, name, node, "a map").mapping());
    }

    /** Names a descriptor, also one that is not valid. */
    private static String path(Parent parent, YamlNode node) {
        return parent.path() + "." + RuleNode.join(written(node, "key"), written(node, "value"));
    }

    private static String written(YamlNode node, String key) {
        YamlNode.Field field =
                node instanceof Mapping mapping ? mapping.fields().get(key) : null;
        return field != null
                        && field.value() instanceof Text text
                        && !text.text().isEmpty()
                ? Fields.shortened(text.text())
                : key.equals("key") ? "?" : "";
    }
}
