package io.flowhub.ephemeral.server.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.YAMLException;

/** One place that settings come from. What it holds and nobody knows is a problem that names the nearest known name. */
final class Source {

    /** What a source says about a setting. */
    record Value(Object raw, String origin) {
        boolean isUnset() {
            return raw.equals("");
        }
    }

    /** The settings that have a flag. */
    static final Map<String, Key<?>> FLAGS = Map.of("--port", Keys.SERVER_PORT, "--redis", Keys.REDIS_URL);

    /**
     * Kubernetes puts the addresses of every Service of the namespace into the environment of each container. With
     * Services named ephemeral, ephemeral-server or ephemeral-redis they look almost like ours.
     */
    private static final Pattern KUBERNETES_SERVICE_LINK = Pattern.compile(
            "EPHEMERAL_(\\w+_)?(SERVICE_(HOST|PORT(_\\w+)?)|PORT(_\\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)");

    /** Read by the launcher and by the tests. */
    private static final Pattern NOT_OURS = Pattern.compile("EPHEMERAL_(JAVA|TEST)_\\w+");

    private final Map<Key<?>, Value> values = new HashMap<>();

    private Source() {}

    @Nullable
    Value get(Key<?> key) {
        return values.get(key);
    }

    static Value defaultOf(Key<?> key) {
        return new Value(key.defaultText(), "default");
    }

    static Source flags(Map<String, String> flags, List<String> problems) {
        Source source = new Source();
        flags.forEach((flag, value) -> {
            Key<?> key = FLAGS.get(flag);
            if (key == null) {
                throw new IllegalArgumentException("no setting for " + flag);
            }
            if (flag.equals("--redis") && value.contains("@")) {
                problems.add("--redis: every process list shows flags, so no user or password here; set "
                        + Keys.REDIS_PASSWORD.env() + " or " + Keys.REDIS_PASSWORD.envFile());
                return;
            }
            source.values.put(key, new Value(value, flag));
        });
        return source;
    }

    static Source environment(Map<String, String> env, List<String> problems) {
        Source source = new Source();
        Map<String, Key<?>> byVariable = new HashMap<>();
        for (Key<?> key : Keys.ALL) {
            byVariable.put(key.env(), key);
            if (key.secret()) {
                byVariable.put(key.envFile(), key);
            }
        }
        env.forEach((variable, text) -> {
            if (!variable.startsWith(Key.ENV_PREFIX)
                    || NOT_OURS.matcher(variable).matches()) {
                return;
            }
            Key<?> key = byVariable.get(variable);
            boolean serviceLink =
                    KUBERNETES_SERVICE_LINK.matcher(variable).matches() && (key == null || text.contains("://"));
            if (serviceLink) {
                return;
            }
            if (key == null) {
                problems.add("unknown environment variable " + variable + " (did you mean "
                        + Nearest.of(variable, byVariable.keySet()) + "?)");
            } else if (variable.equals(key.env())) {
                source.values.put(key, new Value(text, variable));
            } else {
                try {
                    source.values.put(
                            key, new Value(Files.readString(Path.of(text)).strip(), variable));
                } catch (IOException e) {
                    problems.add(variable + ": " + text + " (expected: a file that can be read)");
                }
            }
        });
        return source;
    }

    static Source file(Path file, List<String> problems) {
        Source source = new Source();
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            problems.add("--config: " + file + " (expected: a file that can be read)");
            return source;
        }
        Object root;
        try {
            root = YamlText.parse(text);
        } catch (YAMLException e) {
            problems.add(file + ": not YAML: " + e.getMessage());
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
        Map<String, Key<?>> byName = Keys.ALL.stream().collect(Collectors.toMap(Key::name, key -> key));
        map.forEach((name, value) -> {
            String path = prefix + name;
            Key<?> key = byName.get(path);
            if (key != null) {
                Value known = new Value(value == null ? "" : value, file.toString());
                if (values.put(key, known) != null) {
                    problems.add(file + ": " + path + " stands twice");
                }
            } else if (value instanceof Map<?, ?> inner && isSection(path, byName.keySet().stream())) {
                flatten(path + ".", inner, file, problems);
            } else {
                problems.add(
                        file + ": unknown key " + path + " (did you mean " + Nearest.of(path, byName.keySet()) + "?)");
            }
        });
    }

    private static boolean isSection(String path, Stream<String> names) {
        return names.anyMatch(name -> name.startsWith(path + "."));
    }
}
