package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.SmallFile;
import io.flowhub.ephemeral.server.config.Suggestion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@code callers.file}: a map from the name of a caller to its credentials and rights. */
final class CallerFile {

    private static final String FILE_SHAPE = "a caller by name, such as checkout: {tokens: [...], may: [CacheService]}";
    private static final String DEFAULT_SHAPE = "quotas, such as {calls_per_second: 1000, streams: 100}";
    private static final String CALLER_SHAPE = "{tokens: [...], certificates: [...], may: [...]}";
    private static final Set<String> QUOTAS =
            Stream.of(Quota.values()).map(Quota::key).collect(Collectors.toSet());
    private static final Set<String> KEYS = Stream.concat(
                    Stream.of("tokens", "certificates", "may", "id_prefixes", "actions", "purposes", "features"),
                    QUOTAS.stream())
            .collect(Collectors.toSet());
    private static final int MAX_TOKENS = 2;

    private final RightNames rights;

    /** @param rights the names that {@code may} can use */
    CallerFile(RightNames rights) {
        this.rights = rights;
    }

    /**
     * Returns the callers.
     *
     * @throws IllegalArgumentException with the caller, the key and the rule that is broken; never with a token
     */
    Callers read(Path file) {
        String text;
        try {
            text = SmallFile.readText(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be read (expected: UTF-8 text of at most 1 MiB)", e);
        }
        if (text.isBlank()) {
            throw new IllegalArgumentException("is empty (expected: " + FILE_SHAPE + ")");
        }
        List<Caller> callers = new ArrayList<>();
        Map<?, ?> entries = Parsers.mapOrYaml(text, FILE_SHAPE);
        Quotas defaults = entries.containsKey(Caller.DEFAULT) ? defaults(entries.get(Caller.DEFAULT)) : Quotas.NONE;
        entries.forEach((name, fields) -> {
            try {
                if (!name.equals(Caller.DEFAULT)) {
                    callers.add(caller(String.valueOf(name), fields, defaults));
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
            }
        });
        if (callers.isEmpty()) { // as the file may be for a moment while it is written
            throw new IllegalArgumentException("lists no caller (expected: " + FILE_SHAPE + ")");
        }
        return Callers.of(callers);
    }

    private static Quotas defaults(@Nullable Object value) {
        try {
            return quotas(fields(value, DEFAULT_SHAPE, QUOTAS));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(Caller.DEFAULT + ": " + e.getMessage(), e);
        }
    }

    private static Map<?, ?> fields(@Nullable Object value, String shape, Set<String> keys) {
        Map<?, ?> fields = Parsers.map(value, shape);
        for (Object key : fields.keySet()) {
            if (!keys.contains(String.valueOf(key))) {
                throw new IllegalArgumentException("unknown key " + key + " (did you mean "
                        + Suggestion.closest(String.valueOf(key), new TreeSet<>(keys)) + "?)");
            }
        }
        return fields;
    }

    private static Quotas quotas(Map<?, ?> fields) {
        Map<Quota, Long> limits = new EnumMap<>(Quota.class);
        for (Quota quota : Quota.values()) {
            Object value = fields.get(quota.key());
            if (value != null) {
                limits.put(quota, within(quota.key(), () -> quota.parse(value)));
            }
        }
        return new Quotas(limits);
    }

    private Caller caller(String name, @Nullable Object value, Quotas defaults) {
        Map<?, ?> fields = fields(value, CALLER_SHAPE, KEYS);
        List<String> tokens = list(fields, "tokens");
        Set<String> certificates = new LinkedHashSet<>(names(fields, "certificates"));
        boolean anonymous = name.equals(Caller.ANONYMOUS);
        if (anonymous != (tokens.isEmpty() && certificates.isEmpty())) {
            throw new IllegalArgumentException(
                    anonymous
                            ? "has no tokens and no certificates: it is every call without a credential"
                            : "needs tokens or certificates");
        }
        if (tokens.size() > MAX_TOKENS) {
            throw new IllegalArgumentException("tokens: " + tokens.size() + " (expected: at most " + MAX_TOKENS + ")");
        }
        Set<String> methods = new HashSet<>();
        list(fields, "may").forEach(right -> methods.addAll(rights.methods(right)));
        Map<String, Set<String>> exact = new HashMap<>();
        RequestLimits.EXACT.forEach((key, field) -> {
            if (fields.containsKey(key)) {
                exact.put(field, Set.copyOf(list(fields, key)));
            }
        });
        return new Caller(
                name,
                tokens.stream()
                        .map(token -> within("tokens", () -> Digest.parse(token)))
                        .toList(),
                certificates,
                methods,
                new RequestLimits(exact, idPrefixes(fields)),
                quotas(fields).or(defaults));
    }

    /** An empty list would read like "none", and mean "all". */
    private static List<String> idPrefixes(Map<?, ?> fields) {
        List<String> prefixes = names(fields, "id_prefixes");
        if (prefixes.isEmpty() && fields.containsKey("id_prefixes")) {
            throw new IllegalArgumentException(
                    "id_prefixes: empty (expected: at least one; for all ids, no id_prefixes)");
        }
        return prefixes;
    }

    private static List<String> names(Map<?, ?> fields, String key) {
        List<String> names = list(fields, key);
        if (names.contains("")) {
            throw new IllegalArgumentException(key + ": '' (expected: text that is not empty)");
        }
        return names;
    }

    private static <T> T within(String key, Supplier<T> parser) {
        try {
            return parser.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
        }
    }

    private static List<String> list(Map<?, ?> fields, String key) {
        Object value = fields.get(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String.class::cast).toList();
        }
        throw new IllegalArgumentException(key + ": not a list (expected: a list of text)");
    }
}
