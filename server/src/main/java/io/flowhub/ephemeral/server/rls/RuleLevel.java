package io.flowhub.ephemeral.server.rls;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The descriptors of a domain, or those within a descriptor. */
record RuleLevel(Map<String, OfKey> byKey) {

    static final RuleLevel EMPTY = new RuleLevel(Map.of());

    /**
     * The descriptors of one key.
     *
     * @param wildcards in the order of the file
     * @param anyValue matches what no other one does; may be null
     */
    record OfKey(
            Map<String, RuleNode> byValue,
            List<RuleNode> wildcards,
            @Nullable RuleNode anyValue) {

        @Nullable
        RuleNode find(String value) {
            RuleNode exact = byValue.get(value);
            if (exact != null) {
                return exact;
            }
            for (RuleNode node : wildcards) {
                if (node.wildcard() != null && node.wildcard().matches(value)) {
                    return node;
                }
            }
            return anyValue;
        }
    }

    boolean isEmpty() {
        return byKey.isEmpty();
    }

    /** The most specific descriptor: that of the value, then the first wildcard, then that of every value. */
    @Nullable
    RuleNode find(String key, String value) {
        OfKey ofKey = byKey.get(key);
        return ofKey == null ? null : ofKey.find(value);
    }
}
