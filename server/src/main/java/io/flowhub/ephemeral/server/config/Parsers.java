package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.config.Policy.Algorithm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a setting's value may look like. Each parser takes what YAML gave (text, list or map) and throws
 * {@link IllegalArgumentException} with a message that says the value and what was expected instead.
 */
final class Parsers {

    private static final String A_POLICY_BY_ACTION =
            "a policy by action, such as {login_attempts: {limit: 5, window: 60s}}";

    static Function<Object, String> text() {
        return value -> scalar(value);
    }

    static Function<Object, Boolean> bool() {
        return value -> switch (scalar(value)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(value + " (expected: true or false)");
        };
    }

    static Function<Object, Integer> integer(int min, int max) {
        return value -> {
            String text = scalar(value);
            String expected = text + " (expected: " + min + " to " + max + ")";
            try {
                int number = Integer.parseInt(text);
                if (number < min || number > max) {
                    throw new IllegalArgumentException(expected);
                }
                return number;
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(expected, e);
            }
        };
    }

    static Function<Object, Duration> duration(String min, String max) {
        return value -> {
            Duration duration = Durations.parse(scalar(value));
            if (duration.compareTo(Durations.parse(min)) < 0 || duration.compareTo(Durations.parse(max)) > 0) {
                throw new IllegalArgumentException(value + " (expected: " + min + " to " + max + ")");
            }
            return duration;
        };
    }

    static Function<Object, DataSize> dataSize(String min, String max) {
        return value -> {
            DataSize size = DataSize.parse(scalar(value));
            if (size.bytes() < DataSize.parse(min).bytes()
                    || size.bytes() > DataSize.parse(max).bytes()) {
                throw new IllegalArgumentException(value + " (expected: " + min + " to " + max + ")");
            }
            return size;
        };
    }

    static Function<Object, Path> path() {
        return value -> {
            Path path = Path.of(scalar(value));
            if (!Files.isReadable(path) || Files.isDirectory(path)) {
                throw new IllegalArgumentException(path + " (expected: a file that can be read)");
            }
            return path;
        };
    }

    static <E extends Enum<E>> Function<Object, E> oneOf(Class<E> type) {
        return value -> {
            for (E constant : type.getEnumConstants()) {
                if (lower(constant).equals(scalar(value).toLowerCase(Locale.ROOT))) {
                    return constant;
                }
            }
            List<String> names =
                    Arrays.stream(type.getEnumConstants()).map(Parsers::lower).toList();
            throw new IllegalArgumentException(value + " (expected: one of " + String.join(", ", names) + ")");
        };
    }

    static Function<Object, List<RedisUrl>> redisUrls() {
        return value -> Arrays.stream(scalar(value).split(",", -1))
                .map(String::strip)
                .map(RedisUrl::parse)
                .toList();
    }

    static Function<Object, Map<String, Policy>> policies() {
        return value -> {
            Object tree = value instanceof String text ? yaml(text) : value; // as in an environment variable
            Map<?, ?> byAction = map(tree, A_POLICY_BY_ACTION);
            Map<String, Policy> policies = new LinkedHashMap<>();
            byAction.forEach((action, policy) -> {
                String name = String.valueOf(action);
                String problem = name.equals("*") ? null : IdRule.brokenBy(name);
                if (problem != null) {
                    throw new IllegalArgumentException(name + ": an action has " + problem);
                }
                try {
                    policies.put(name, policy(policy));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
                }
            });
            return policies;
        };
    }

    private static Object yaml(String text) {
        try {
            return YamlText.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + " (expected: " + A_POLICY_BY_ACTION + ")", e);
        }
    }

    private static Policy policy(@Nullable Object value) {
        Map<?, ?> fields = map(value, "{limit: 5, window: 60s, algorithm: fixed_window}");
        Set<String> known = new TreeSet<>(Set.of("limit", "window", "algorithm"));
        for (Object field : fields.keySet()) {
            if (!known.contains(String.valueOf(field))) {
                throw new IllegalArgumentException("unknown key " + field + " (did you mean "
                        + Suggestion.of(String.valueOf(field), known) + "?)");
            }
        }
        return new Policy(
                required(fields, "limit", integer(1, Policy.MAX_LIMIT)),
                required(fields, "window", text().andThen(Durations::parse)),
                fields.get("algorithm") == null
                        ? Algorithm.FIXED_WINDOW
                        : required(fields, "algorithm", oneOf(Algorithm.class)));
    }

    private static <T> T required(Map<?, ?> fields, String name, Function<Object, T> parser) {
        Object value = fields.get(name);
        if (value == null || value.equals("")) {
            throw new IllegalArgumentException(name + " is missing");
        }
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    private static Map<?, ?> map(@Nullable Object value, String expected) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException(shape(value) + " (expected: " + expected + ")");
    }

    private static String scalar(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(shape(value) + " (expected: a single value)");
    }

    /** Text as it is. What else there may be is not repeated: it can hold a password, or itself. */
    private static String shape(@Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        return value == null ? "nothing" : value instanceof Map ? "a map" : value instanceof List ? "a list" : "a tag";
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private Parsers() {}
}
