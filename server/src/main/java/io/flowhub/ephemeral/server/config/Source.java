package io.flowhub.ephemeral.server.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One place that settings come from. What it holds and nobody knows is a problem that names the nearest known name. */
final class Source {

    /** What a source says about a setting. */
    record Value(Object raw, String origin) {
        boolean isUnset() {
            return raw.equals("");
        }
    }

    /** The settings that have a flag. */
    static final Map<String, Setting<?>> FLAGS =
            Map.of("--port", SettingCatalog.SERVER_PORT, "--redis", SettingCatalog.REDIS_URL);

    /**
     * Kubernetes puts the addresses of every Service of the namespace into the environment of each container. With
     * Services named ephemeral, ephemeral-server or ephemeral-redis they look almost like ours.
     */
    private static final Pattern KUBERNETES_SERVICE_LINK = Pattern.compile(
            "EPHEMERAL_(\\w+_)?(SERVICE_(HOST|PORT(_\\w+)?)|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

    /** Read by the launcher and by the tests. */
    private static final Pattern NOT_OURS = Pattern.compile("EPHEMERAL_(JAVA|TEST)_\\w+");

    private final Map<Setting<?>, Value> values = new HashMap<>();

    private Source() {}

    @Nullable
    Value get(Setting<?> key) {
        return values.get(key);
    }

    static Value defaultOf(Setting<?> key) {
        return new Value(key.defaultText(), "default");
    }

    static Source flags(Map<String, String> flags, List<String> problems) {
        Source source = new Source();
        flags.forEach((flag, value) -> {
            Setting<?> key = FLAGS.get(flag);
            if (key == null) {
                throw new IllegalArgumentException("no setting for " + flag);
            }
            if (flag.equals("--redis") && value.contains("@")) {
                problems.add("--redis: every process list shows flags, so no user or password here; set "
                        + SettingCatalog.REDIS_PASSWORD.env() + " or " + SettingCatalog.REDIS_PASSWORD.envFile());
                return;
            }
            source.values.put(key, new Value(value, flag));
        });
        return source;
    }

    static Source environment(Map<String, String> env, List<String> problems) {
        Source source = new Source();
        Map<String, Setting<?>> byVariable = new HashMap<>();
        for (Setting<?> key : SettingCatalog.ALL) {
            byVariable.put(key.env(), key);
            if (key.secret()) {
                byVariable.put(key.envFile(), key);
            }
        }
        new TreeMap<>(env).forEach((variable, text) -> {
            if (!variable.startsWith(Setting.ENV_PREFIX)
                    || NOT_OURS.matcher(variable).matches()) {
                return;
            }
            Setting<?> key = byVariable.get(variable);
            if (isServiceLink(variable, text)) {
                return;
            }
            if (key == null) {
                problems.add("unknown environment variable " + variable + " (did you mean "
                        + Suggestion.of(variable, byVariable.keySet()) + "?)");
            } else if (!text.isEmpty()) {
                source.put(
                        key,
                        variable.equals(key.env()) ? text : secretIn(variable, text, problems),
                        variable,
                        problems);
            }
        });
        return source;
    }

    /** {@code EPHEMERAL_REDIS_PORT=tcp://10.0.0.2:6379} is one; {@code EPHEMERAL_SEVER_PORT=9090} is a slip. */
    private static boolean isServiceLink(String variable, String text) {
        return KUBERNETES_SERVICE_LINK.matcher(variable).matches()
                || (variable.endsWith("_PORT") && text.contains("://"));
    }

    /** Reads a mounted secret. No problem repeats the text: somebody may have put the secret itself there. */
    private static String secretIn(String variable, String file, List<String> problems) {
        try {
            String secret = Files.readString(Path.of(file)).strip();
            if (secret.isEmpty()) {
                problems.add(variable + ": the file is empty (expected: the secret)");
            }
            return secret;
        } catch (IOException | InvalidPathException e) {
            problems.add(variable + ": (expected: the path of a text file that can be read)");
            return "";
        }
    }

    private void put(Setting<?> key, String text, String origin, List<String> problems) {
        Value before = values.put(key, new Value(text, origin));
        if (before != null) {
            problems.add(before.origin() + " and " + origin + " exclude each other: set one of them");
        }
    }

    static Source file(Path file, List<String> problems) {
        Source source = new Source();
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            problems.add("--config: " + file + " (expected: a text file that can be read)");
            return source;
        }
        if (text.isBlank()) { // as a file is for a moment while somebody writes it: not a wish for the defaults
            problems.add(file + ": is empty (expected: settings by name)");
            return source;
        }
        Object root;
        try {
            root = YamlText.parse(text);
        } catch (IllegalArgumentException e) {
            problems.add(file + ": " + e.getMessage());
            return source;
        }
        if (root instanceof Map<?, ?> map) {
            source.flatten("", map, file, problems);
        } else if (!root.equals("")) {
            problems.add(file + ": (expected: settings by name)");
        }
        return source;
    }

    /** Walks down to the known keys; {@code redis.timeout: 1s} and the nested form mean the same. */
    private void flatten(String prefix, Map<?, ?> map, Path file, List<String> problems) {
        Map<String, Setting<?>> byName =
                SettingCatalog.ALL.stream().collect(Collectors.toMap(Setting::name, key -> key));
        map.forEach((name, value) -> {
            String path = prefix + name;
            Setting<?> key = byName.get(path);
            if (key != null) {
                Value known = new Value(value == null ? "" : value, file.toString());
                if (values.put(key, known) != null) {
                    problems.add(file + ": " + path + " stands twice");
                }
            } else if (value instanceof Map<?, ?> inner && isSection(path, byName.keySet())) {
                flatten(path + ".", inner, file, problems);
            } else if (value != null || !isSection(path, byName.keySet())) { // a section may stand empty
                problems.add(file + ": unknown key " + path + " (did you mean " + Suggestion.of(path, byName.keySet())
                        + "?)");
            }
        });
    }

    private static boolean isSection(String path, Set<String> names) {
        return names.stream().anyMatch(name -> name.startsWith(path + "."));
    }
}
