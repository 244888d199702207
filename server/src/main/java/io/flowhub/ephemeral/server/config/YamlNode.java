package io.flowhub.ephemeral.server.config;

import java.util.List;
import java.util.Map;

/**
 * A part of a YAML document, with its line, counted from 1. Numbers and booleans are text. A part that aliases repeat is one
 * object, so a tree may be far larger than its document, and a descent needs a bound.
 */
public sealed interface YamlNode {

    int line();

    /**
     * Returns the root of a document.
     *
     * @throws YamlProblem with the line
     */
    static YamlNode parse(String text) {
        return YamlText.nodes(text);
    }

    /**
     * A text, a number or a boolean.
     *
     * @param plain written without quotes, so that YAML may read a number or a boolean
     */
    record Text(int line, String text, boolean plain) implements YamlNode {}

    /** A list. */
    record Sequence(int line, List<YamlNode> elements) implements YamlNode {}

    /**
     * A map.
     *
     * @param fields in the order of the document, with those of merged maps
     */
    record Mapping(int line, Map<String, Field> fields) implements YamlNode {}

    /** Null, or a key without a value. */
    record Nothing(int line) implements YamlNode {}

    /**
     * The value of a key.
     *
     * @param line of the key
     */
    record Field(int line, YamlNode value) {}
}
