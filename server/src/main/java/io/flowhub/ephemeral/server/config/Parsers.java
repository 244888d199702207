package io.flowhub.ephemeral.server.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parsers of values. Each takes what YAML returned (text, list or map) and throws {@link IllegalArgumentException} with a
 * message that states the value and what was expected.
 */
public final class Parsers {

    public static Function<Object, String> text() {
        return value -> scalar(value);
    }

    /** A part of a name in Redis. */
    static Function<Object, String> namePart(int maxLength) {
        Pattern allowed = Pattern.compile("[A-Za-z0-9._-]{0," + maxLength + "}");
        return value -> {
            String text = scalar(value);
            if (!allowed.matcher(text).matches()) {
                throw new IllegalArgumentException(
                        text + " (expected: at most " + maxLength + " letters, digits, '.', '_' or '-')");
            }
            return text;
        };
    }

    public static Function<Object, Boolean> bool() {
        return value -> switch (scalar(value)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(value + " (expected: true or false)");
        };
    }

    public static Function<Object, Integer> integer(int min, int max) {
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

    /** A duration of any length. */
    public static Function<Object, Duration> duration() {
        return value -> Durations.parse(scalar(value));
    }

    public static Function<Object, Duration> duration(String min, String max) {
        return value -> {
            Duration duration = Durations.parse(scalar(value));
            if (duration.compareTo(Durations.parse(min)) < 0 || duration.compareTo(Durations.parse(max)) > 0) {
                throw new IllegalArgumentException(value + " (expected: " + min + " to " + max + ")");
            }
            return duration;
        };
    }

    public static Function<Object, DataSize> dataSize(String min, String max) {
        return value -> {
            DataSize size = DataSize.parse(scalar(value));
            if (size.bytes() < DataSize.parse(min).bytes()
                    || size.bytes() > DataSize.parse(max).bytes()) {
                throw new IllegalArgumentException(value + " (expected: " + min + " to " + max + ")");
            }
            return size;
        };
    }

    public static Function<Object, Path> path() {
        return value -> {
            Path path = Path.of(scalar(value));
            if (!Files.isReadable(path) || Files.isDirectory(path)) {
                throw new IllegalArgumentException(path + " (expected: a readable file)");
            }
            return path;
        };
    }

    public static Function<Object, Path> directory() {
        return value -> {
            Path path = Path.of(scalar(value));
            if (!Files.isReadable(path) || !Files.isDirectory(path)) {
                throw new IllegalArgumentException(path + " (expected: a readable directory)");
            }
            return path;
        };
    }

    public static <E extends Enum<E>> Function<Object, E> oneOf(Class<E> type) {
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

    /** A comma before an address: a password may contain other ones. */
    private static final Pattern ADDRESS_SEPARATOR = Pattern.compile(",(?=\\s*rediss?://)");

    static Function<Object, List<RedisUrl>> redisUrls() {
        return value -> Arrays.stream(ADDRESS_SEPARATOR.split(scalar(value), -1))
                .map(String::strip)
                .map(RedisUrl::parse)
                .toList();
    }

    /** A map, or text that is YAML of a map, as in an environment variable. */
    public static Map<?, ?> mapOrYaml(Object value, String expected) {
        if (!(value instanceof String text)) {
            return map(value, expected);
        }
        Object tree;
        try {
            tree = YamlText.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + " (expected: " + expected + ")", e);
        }
        return map(tree, expected);
    }

    public static Map<?, ?> map(@Nullable Object value, String expected) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException(shape(value) + " (expected: " + expected + ")");
    }

    /** The value of a field that must be present in the map. */
    public static <T> T required(Map<?, ?> fields, String name, Function<Object, T> parser) {
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

    /** The distinct ids of a list, or of text that is YAML of a list, as in an environment variable. */
    public static Function<Object, List<String>> ids(int max) {
        String expected = "a list of at most " + max + " ids";
        return value -> {
            Object tree = value instanceof String text ? YamlText.parse(text) : value;
            if (!(tree instanceof List<?> list)) {
                throw new IllegalArgumentException(shape(tree) + " (expected: " + expected + ")");
            }
            Set<String> ids = new LinkedHashSet<>();
            list.forEach(each -> ids.add(id(each)));
            if (ids.size() > max) {
                throw new IllegalArgumentException(ids.size() + " ids (expected: " + expected + ")");
            }
            return List.copyOf(ids);
        };
    }

    private static String id(Object value) {
        String id = scalar(value);
        String problem = IdRule.violationOf(id);
        if (problem != null) {
            throw new IllegalArgumentException(id + " (expected: " + problem + ")");
        }
        return id;
    }

    private static String scalar(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(shape(value) + " (expected: a single value)");
    }

    /** Text as it is. Anything else is not repeated: it may contain a password, or itself. */
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
