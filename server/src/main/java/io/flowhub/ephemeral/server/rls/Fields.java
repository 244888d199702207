package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.Suggestion;
import io.flowhub.ephemeral.server.config.YamlNode;
import io.flowhub.ephemeral.server.config.YamlNode.Field;
import io.flowhub.ephemeral.server.config.YamlNode.Mapping;
import io.flowhub.ephemeral.server.config.YamlNode.Nothing;
import io.flowhub.ephemeral.server.config.YamlNode.Sequence;
import io.flowhub.ephemeral.server.config.YamlNode.Text;
import io.flowhub.ephemeral.server.config.YamlProblem;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a map in a file of rules. A problem has the line, the rule, the key, the value and what is expected.
 *
 * @param prefix of the names of the keys, such as {@code edge.remote_address: rate_limit.}
 */
record Fields(String prefix, Mapping mapping) {

    private static final Set<String> TRUE = Set.of("true", "yes", "on", "y");
    private static final Set<String> FALSE = Set.of("false", "no", "off", "n");
    private static final int MAX_SHOWN = 100;

    /** @param name of what the node is, such as {@code edge.remote_address} */
    static Fields of(String prefix, String name, YamlNode node, String expected) {
        if (node instanceof Mapping mapping) {
            return new Fields(prefix, mapping);
        }
        throw new YamlProblem(name + ": " + shown(node) + " (expected: " + expected + ")", node.line());
    }

    /**
     * Rejects all other keys.
     *
     * @param elsewhere keys that are known, with where they belong
     */
    void allow(Set<String> keys, Map<String, String> elsewhere) {
        mapping.fields().forEach((key, field) -> {
            if (keys.contains(key)) {
                return;
            }
            String place = elsewhere.get(key);
            String hint = place == null
                    ? "did you mean " + Suggestion.closest(key, new TreeSet<>(keys)) + "?"
                    : "expected: " + place;
            throw new YamlProblem(prefix + shortened(key) + ": unknown key (" + hint + ")", field.line());
        });
    }

    /** Returns the value, or null if it is missing. */
    @Nullable
    YamlNode find(String key) {
        Field field = mapping.fields().get(key);
        return field == null || field.value() instanceof Nothing ? null : field.value();
    }

    /** Returns the text, which may be empty, as it is if the key is missing. */
    String text(String key) {
        YamlNode value = find(key);
        if (value == null) {
            return "";
        }
        if (value instanceof Text text) {
            return text.text();
        }
        throw problem(key, shown(value), "a single value");
    }

    String requiredText(String key, String expected) {
        String text = text(key);
        if (text.isEmpty()) {
            throw mapping.fields().containsKey(key)
                    ? problem(key, "''", expected)
                    : new YamlProblem(prefix + key + " is missing (expected: " + expected + ")", mapping.line());
        }
        return text;
    }

    /** False if the key is missing. */
    boolean flag(String key) {
        String text = text(key);
        if (!text.isEmpty() && !isTrue(text) && !isFalse(text)) {
            throw problem(key, shortened(text), "true or false");
        }
        return isTrue(text);
    }

    static boolean isTrue(String text) {
        return TRUE.contains(text.toLowerCase(Locale.ROOT));
    }

    static boolean isFalse(String text) {
        return FALSE.contains(text.toLowerCase(Locale.ROOT));
    }

    /** Digits with {@code _} between them, as YAML allows. A leading zero would be an octal number there. */
    long number(String key, long min, long max, String expected) {
        String text = requiredText(key, expected);
        String digits = text.replace("_", "");
        if (!digits.matches("0|[1-9][0-9]{0,17}") || Long.parseLong(digits) < min || Long.parseLong(digits) > max) {
            throw problem(key, shortened(text), expected);
        }
        return Long.parseLong(digits);
    }

    /** An empty list if the key is missing. */
    List<YamlNode> list(String key, String expected) {
        YamlNode value = find(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof Sequence sequence) {
            return sequence.elements();
        }
        throw problem(key, shown(value), expected);
    }

    YamlProblem problem(String key, String shown, String expected) {
        return new YamlProblem(prefix + key + ": " + shown + " (expected: " + expected + ")", line(key));
    }

    /** The line of the key, or of the map without it. */
    int line(String key) {
        Field field = mapping.fields().get(key);
        return field == null ? mapping.line() : field.line();
    }

    private static String shown(YamlNode node) {
        if (node instanceof Text text) {
            return shortened(text.text());
        }
        return node instanceof Nothing ? "nothing" : node instanceof Mapping ? "a map" : "a list";
    }

    static String shortened(String text) {
        if (text.isEmpty()) {
            return "''";
        }
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
    }
}
