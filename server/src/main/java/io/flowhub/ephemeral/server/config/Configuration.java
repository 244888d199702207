package io.flowhub.ephemeral.server.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private static final String REDACTED = "(redacted)";

    private final SettingCatalog catalog;
    private final Map<Setting<?>, Source.Value> values;

    /** What the file sets without effect: another source has a value too. */
    private final Map<Setting<?>, Source.Value> overridden;

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
        return new Configuration(
                catalog, values, overridden(values, sources.get(sources.size() - 1)), Settings.read(catalog, reader));
    }

    /** What the last source sets without effect. */
    private static Map<Setting<?>, Source.Value> overridden(Map<Setting<?>, Source.Value> values, Source last) {
        Map<Setting<?>, Source.Value> overridden = new LinkedHashMap<>();
        values.forEach((setting, value) -> {
            Source.Value without = last.get(setting);
            if (without != null && !without.isUnset() && !without.origin().equals(value.origin())) {
                overridden.put(setting, without);
            }
        });
        return overridden;
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

    private Configuration(
            SettingCatalog catalog,
            Map<Setting<?>, Source.Value> values,
            Map<Setting<?>, Source.Value> overridden,
            Settings settings) {
        this.catalog = catalog;
        this.values = values;
        this.overridden = overridden;
        this.settings = settings;
    }

    public Settings settings() {
        return settings;
    }

    /**
     * What a running server has in force after this configuration was replaced by another one: the reloadable settings of
     * that one, all others as before.
     */
    Configuration reloaded(Configuration changed) {
        Map<Setting<?>, Source.Value> next = new LinkedHashMap<>(values);
        next.replaceAll((setting, value) -> setting.reloadable() ? changed.valueOf(setting) : value);
        SettingReader reader = new SettingReader(parse(next, new Problems()));
        return new Configuration(catalog, next, changed.overridden, Settings.read(catalog, reader));
    }

    /** The names of the settings that have another value there. */
    List<String> differences(Configuration other) {
        return values.entrySet().stream()
                .filter(entry -> !entry.getValue()
                        .raw()
                        .equals(other.valueOf(entry.getKey()).raw()))
                .map(entry -> entry.getKey().name())
                .toList();
    }

    private Source.Value valueOf(Setting<?> setting) {
        return Objects.requireNonNull(values.get(setting));
    }

    /** The settings that the file there sets to another value without effect, each with the origin of its value. */
    Map<String, String> overriddenDifferences(Configuration other) {
        Map<String, String> origins = new LinkedHashMap<>();
        other.overridden.forEach((setting, value) -> {
            Source.Value before = overridden.getOrDefault(setting, valueOf(setting));
            if (!before.raw().equals(value.raw())) {
                origins.put(setting.name(), other.valueOf(setting).origin());
            }
        });
        return origins;
    }

    /**
     * A setting in force.
     *
     * @param value as in a file; empty if unset, {@code (redacted)} if it is a secret
     * @param origin a command-line option, a variable, the file, or {@code default}
     */
    public record InForce(String name, String value, String origin) {}

    /** Each setting with its value, without the secrets, and its origin. */
    public List<InForce> inForce() {
        return values.entrySet().stream()
                .map(entry -> inForce(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static InForce inForce(Setting<?> setting, Source.Value value) {
        String shown = value.isUnset() ? "" : isHidden(setting, value) ? REDACTED : yaml(setting, value);
        return new InForce(setting.name(), shown, origin(value));
    }

    /** Each setting with its meaning, value and origin: an equivalent configuration file, without the secrets. */
    public String describe() {
        return values.entrySet().stream()
                .map(entry -> describe(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining("\n"));
    }

    private static String describe(Setting<?> setting, Source.Value value) {
        boolean hidden = isHidden(setting, value);
        return "# " + setting.meaning() + "\n" + (hidden ? "# " : "") + setting.name() + ": "
                + (hidden ? REDACTED : yaml(setting, value)) + "  # " + origin(value);
    }

    private static boolean isHidden(Setting<?> setting, Source.Value value) {
        return setting.secret() && !value.isUnset();
    }

    private static String origin(Source.Value value) {
        return value.origin().replaceAll("\\p{Cntrl}", "?");
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
