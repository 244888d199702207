package io.flowhub.ephemeral.server.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One origin of settings. A name that is not in the catalog is a problem that suggests the closest known name. */
final class Source {

    /** The value of a setting in one source, unparsed. */
    record Value(Object raw, String origin) {
        boolean isUnset() {
            return raw.equals("");
        }
    }

    /** The settings that have a command-line option. */
    private static final Map<String, Setting<?>> OPTIONS =
            Map.of("--port", ServerSettings.PORT, "--redis", RedisSettings.URL);

    /**
     * Kubernetes sets environment variables with the address of every Service of the namespace. Those of Services named
     * ephemeral, ephemeral-server or ephemeral-redis have the prefix of our settings.
     */
    private static final Pattern KUBERNETES_SERVICE_LINK = Pattern.compile(
            "EPHEMERAL_(\\w+_)?(SERVICE_(HOST|PORT(_\\w+)?)|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

    /** Variables of the launcher and of the tests. */
    private static final Pattern IGNORED = Pattern.compile("EPHEMERAL_(JAVA|TEST)_\\w+");

    private final Map<Setting<?>, Value> values = new HashMap<>();

    private Source() {}

    @Nullable
    Value get(Setting<?> setting) {
        return values.get(setting);
    }

    static Value defaultOf(Setting<?> setting) {
        return new Value(setting.defaultText(), "default");
    }

    static Source options(Map<String, String> options, Problems problems) {
        Source source = new Source();
        options.forEach((option, value) -> {
            Setting<?> setting = OPTIONS.get(option);
            if (setting == null) {
                throw new IllegalArgumentException("no setting for " + option);
            }
            if (option.equals("--redis") && value.contains("@")) {
                problems.add("--redis: process lists show command-line options, so no user or password here; set "
                        + RedisSettings.PASSWORD.env() + " or " + RedisSettings.PASSWORD.envFile());
                return;
            }
            source.values.put(setting, new Value(value, option));
        });
        return source;
    }

    static Source environment(SettingCatalog catalog, Map<String, String> env, Problems problems) {
        Source source = new Source();
        Map<String, Setting<?>> byVariable = new HashMap<>();
        for (Setting<?> setting : catalog.settings()) {
            byVariable.put(setting.env(), setting);
            if (mayBeMounted(setting)) {
                byVariable.put(setting.envFile(), setting);
            }
        }
        new TreeMap<>(env).forEach((variable, text) -> {
            if (!variable.startsWith(Setting.ENV_PREFIX)
                    || IGNORED.matcher(variable).matches()) {
                return;
            }
            Setting<?> setting = byVariable.get(variable);
            if (isServiceLink(variable, text)) {
                return;
            }
            if (setting == null) {
                problems.add("unknown environment variable " + variable + " (did you mean "
                        + Suggestion.closest(variable, byVariable.keySet()) + "?)");
            } else if (!text.isEmpty()) {
                source.put(
                        setting,
                        variable.equals(setting.env()) ? text : secretIn(variable, text, problems),
                        variable,
                        problems);
            }
        });
        return source;
    }

    /** {@code EPHEMERAL_REDIS_PORT=tcp://10.0.0.2:6379} is one; {@code EPHEMERAL_SEVER_PORT=9090} is a misspelt setting. */
    private static boolean isServiceLink(String variable, String text) {
        return KUBERNETES_SERVICE_LINK.matcher(variable).matches()
                || (variable.endsWith("_PORT") && text.contains("://"));
    }

    /** A secret, or the address of Redis, which may contain its password. */
    private static boolean mayBeMounted(Setting<?> setting) {
        return setting.secret() || setting.equals(RedisSettings.URL);
    }

    /** Reads a mounted secret. No problem repeats the variable's text: it may be the secret itself. */
    private static String secretIn(String variable, String file, Problems problems) {
        try {
            String secret = SmallFile.readText(Path.of(file)).strip();
            if (secret.isEmpty()) {
                problems.add(variable + ": the file is empty (expected: the secret)");
            }
            return secret;
        } catch (AccessDeniedException e) {
            problems.add(
                    variable + ": the server may not read that file; give it to the user of the server, which is 10001"
                            + " in the container image (expected: the path of a readable text file)");
            return "";
        } catch (IOException | InvalidPathException e) {
            problems.add(variable + ": (expected: the path of a readable text file of at most 1 MiB)");
            return "";
        }
    }

    private void put(Setting<?> setting, String text, String origin, Problems problems) {
        Value before = values.put(setting, new Value(text, origin));
        if (before != null) {
            problems.add(before.origin() + " and " + origin + " exclude each other: set one of them");
        }
    }

    static Source file(SettingCatalog catalog, Path file, Problems problems) {
        Source source = new Source();
        String text;
        try {
            text = SmallFile.readText(file);
        } catch (IOException e) {
            problems.add("--config: " + file + " (expected: a readable text file of at most 1 MiB)");
            return source;
        }
        if (text.isBlank()) { // as it is for a moment while an editor writes it; must not reset to the defaults
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
            source.flatten(catalog.byName(), "", map, file, problems);
        } else if (!root.equals("")) {
            problems.add(file + ": (expected: settings by name)");
        }
        return source;
    }

    /** Descends to the known names; {@code redis.timeout: 1s} and the nested form are equivalent. */
    private void flatten(Map<String, Setting<?>> byName, String prefix, Map<?, ?> map, Path file, Problems problems) {
        map.forEach((name, value) -> {
            String path = prefix + name;
            Setting<?> setting = byName.get(path);
            if (setting != null) {
                Value found = new Value(value == null ? "" : value, file.toString());
                if (values.put(setting, found) != null) {
                    problems.add(file + ": " + "duplicate key " + path);
                }
            } else if (value instanceof Map<?, ?> inner && isSection(path, byName.keySet())) {
                flatten(byName, path + ".", inner, file, problems);
            } else if (value != null || !isSection(path, byName.keySet())) { // a section may be empty
                problems.add(file + ": unknown key " + path + " (did you mean "
                        + Suggestion.closest(path, byName.keySet()) + "?)");
            }
        });
    }

    private static boolean isSection(String path, Set<String> names) {
        return names.stream().anyMatch(name -> name.startsWith(path + "."));
    }
}
