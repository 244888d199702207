package io.flowhub.ephemeral.server.feature;

import java.util.List;

/**
 * A kind of state in Redis: the keys that start with one prefix, and their companions in braces.
 *
 * @param prefix without the colon that follows it: {@code cache:user} for {@code cache:user:<id>}
 */
public record KeyKind(String prefix, List<KeyName> keys) {

    public KeyKind {
        keys = List.copyOf(keys);
        for (KeyName key : keys) {
            if (!key.name().startsWith(prefix + ":") && !key.name().startsWith("{" + prefix + ":")) {
                throw new IllegalArgumentException(key.name() + " (expected: a key of the kind " + prefix + ")");
            }
        }
    }

    public KeyKind(String prefix, KeyName... keys) {
        this(prefix, List.of(keys));
    }

    /**
     * Keys of one name, for the reference documentation.
     *
     * @param name with ids in angle brackets: {@code rate:<user_id>:<action>}
     * @param value type and content
     * @param ttl time to live
     */
    public record KeyName(String name, String value, String ttl) {}
}
