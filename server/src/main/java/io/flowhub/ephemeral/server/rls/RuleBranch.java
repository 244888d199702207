package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.rls.RuleLevel.OfKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@link RuleLevel} while it is read. */
final class RuleBranch {

    /** By key, then by value in the order of the file; the empty value is that of a descriptor for every value. */
    private final Map<String, Map<String, Placed>> descriptors = new HashMap<>();

    /** @param place file and line */
    private record Placed(RuleNode node, String place) {}

    /** Returns the place of another descriptor with the same key and value, or null and adds this one. */
    @Nullable
    String add(RuleNode node, String place) {
        Placed other = descriptors
                .computeIfAbsent(node.key(), key -> new LinkedHashMap<>())
                .putIfAbsent(node.value(), new Placed(node, place));
        return other == null ? null : other.place();
    }

    RuleLevel freeze() {
        Map<String, OfKey> byKey = new HashMap<>();
        descriptors.forEach((key, byValue) -> byKey.put(key, ofKey(byValue)));
        return byKey.isEmpty() ? RuleLevel.EMPTY : new RuleLevel(Map.copyOf(byKey));
    }

    private static OfKey ofKey(Map<String, Placed> byValue) {
        Map<String, RuleNode> exact = new HashMap<>();
        List<RuleNode> wildcards = new ArrayList<>();
        byValue.values().stream().map(Placed::node).forEach(node -> {
            if (node.wildcard() != null) {
                wildcards.add(node);
            } else if (!node.value().isEmpty()) {
                exact.put(node.value(), node);
            }
        });
        Placed any = byValue.get("");
        return new OfKey(Map.copyOf(exact), List.copyOf(wildcards), any == null ? null : any.node());
    }
}
