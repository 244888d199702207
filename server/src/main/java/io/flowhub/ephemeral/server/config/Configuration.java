package io.flowhub.ephemeral.server.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The settings in force, and the origin of each: command-line options, then environment variables, then the file, then
 * defaults.
 */
public final class Configuration {

    /** What YAML reads back as the same text without quotes. */
    private static final Pattern PLAIN = Pattern.compile("(?!(?i:null)$)[\\w/.]([\\w/.:,-]*[\\w/.])?");

    private final Map<Setting<?>, Source.Value> values;
    private final Settings settings;

    /**
     * Reads and checks all sources. An empty value counts as unset: the next source applies.
     *
     * @param options value by command-line option, such as {@code --port}
     * @param env the process environment
     * @param file a YAML file, or null
     * @throws ConfigException with every problem found: unknown names, malformed values, contradicting settings
     */
    public static Configuration load(
            SettingCatalog catalog, Map<String, String> options, Map<String, String> env, @Nullable Path file)
            throws ConfigException {
        Problems problems = new Problems();
        List<Source> sources = new ArrayList<>();
        sources.add(Source.options(options, problems));
        sources.add(Source.environment(catalog, env, problems));
        if (file != null) {
            sources.add(Source.file(catalog, file, problems));
        }
        Map<Setting<?>, Source.Value> values = new LinkedHashMap<>();
        catalog.settings().forEach(setting -> values.put(setting, valueOf(setting, sources)));
        SettingReader reader = new SettingReader(parse(values, problems));
        if (problems.isEmpty()) {
            catalog.groups().forEach(group -> group.check(reader, problems));
        }
        problems.throwIfAny();
        return new Configuration(values, Settings.read(catalog, reader));
    }

    private static Source.Value valueOf(Setting<?> setting, List<Source> sources) {
        return sources.stream()
                .map(source -> source.get(setting))
                .filter(value -> value != null && !value.isUnset())
                .findFirst()
                .orElseGet(() -> Source.defaultOf(setting));
    }

    private static Map<Setting<?>, Object> parse(Map<Setting<?>, Source.Value> values, Problems problems) {
        Map<Setting<?>, Object> parsed = new LinkedHashMap<>();
        values.forEach((setting, value) -> {
            if (!value.isUnset()) {
                try {
                    parsed.put(setting, setting.parser().apply(value.raw()));
                } catch (IllegalArgumentException e) {
                    String reason = setting.secret() ? "invalid value (redacted)" : String.valueOf(e.getMessage());
                    problems.add(setting.name() + ": " + reason + ", from " + value.origin());
                }
            }
        });
        return parsed;
    }

    private Configuration(Map<Setting<?>, Source.Value> values, Settings settings) {
        this.values = values;
        this.settings = settings;
    }

    public Settings settings() {
        return settings;
    }

    /** Where the value of this setting is from: a command-line option, a variable, the file, or the default. */
    public String originOf(String name) {
        return values.entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(name))
                .map(entry -> entry.getValue().origin())
                .findFirst()
                .orElseThrow();
    }

    /** Each setting with its meaning, value and origin: an equivalent configuration file, without the secrets. */
    public String describe() {
        return values.entrySet().stream()
                .map(entry -> describe(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining("\n"));
    }

    private static String describe(Setting<?> setting, Source.Value value) {
        boolean hidden = setting.secret() && !value.isUnset();
        String origin = value.origin().replaceAll("\\p{Cntrl}", "?");
        return "# " + setting.meaning() + "\n" + (hidden ? "# " : "") + setting.name() + ": "
                + (hidden ? "(redacted)" : yaml(setting, value)) + "  # " + origin;
    }

    private static String yaml(Setting<?> setting, Source.Value value) {
        Object parsed = value.isUnset() ? "" : setting.parser().apply(value.raw());
        if (parsed instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> YamlText.quoted(String.valueOf(entry.getKey())) + ": " + entry.getValue())
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (parsed instanceof List<?> urls) {
            boolean hidden = urls.stream().anyMatch(url -> url instanceof RedisUrl one && one.hasCredentials());
            return yaml(urls.stream().map(String::valueOf).collect(Collectors.joining(",")))
                    + (hidden ? "  # user and password left out" : "");
        }
        return yaml(String.valueOf(value.raw()));
    }

    private static String yaml(String text) {
        return PLAIN.matcher(text).matches() ? text : YamlText.quoted(text);
    }
}
