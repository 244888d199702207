package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.config.RedisSettings.Credentials;
import io.flowhub.ephemeral.server.config.RedisSettings.Embedded;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.flowhub.ephemeral.server.config.RedisSettings.RedissonFile;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisSettings.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The settings in force, and where each comes from: flags, then environment, then the file, then defaults. */
public final class Configuration {

    private final Map<Setting<?>, Source.Value> values;
    private final Settings settings;

    /** What YAML reads back as the same text without quotes. */
    private static final Pattern PLAIN = Pattern.compile("(?!(?i:null)$)[\\w/.]([\\w/.:,-]*[\\w/.])?");

    /**
     * Reads and checks all sources. An empty value is none: the next source counts.
     *
     * @param flags value by flag name, such as {@code --port}
     * @param env the process environment
     * @param file a YAML file, if one was named
     * @throws ConfigException with every problem found: unknown keys, malformed values, settings that do not go together
     */
    public static Configuration load(Map<String, String> flags, Map<String, String> env, @Nullable Path file)
            throws ConfigException {
        List<String> problems = new ArrayList<>();
        List<Source> sources = new ArrayList<>();
        sources.add(Source.flags(flags, problems));
        sources.add(Source.environment(env, problems));
        if (file != null) {
            sources.add(Source.file(file, problems));
        }
        Map<Setting<?>, Source.Value> values = new LinkedHashMap<>();
        Map<Setting<?>, Object> parsed = new LinkedHashMap<>();
        for (Setting<?> key : SettingCatalog.ALL) {
            Source.Value value = sources.stream()
                    .map(source -> source.get(key))
                    .filter(found -> found != null && !found.isUnset())
                    .findFirst()
                    .orElseGet(() -> Source.defaultOf(key));
            values.put(key, value);
            if (!value.isUnset()) {
                try {
                    parsed.put(key, key.parser().apply(value.raw()));
                } catch (IllegalArgumentException e) {
                    String reason = key.secret() ? "(not usable)" : String.valueOf(e.getMessage());
                    problems.add(key.name() + ": " + reason + ", from " + value.origin());
                }
            }
        }
        if (problems.isEmpty()) {
            check(new Parsed(parsed), problems);
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return new Configuration(values, settings(new Parsed(parsed)));
    }

    private Configuration(Map<Setting<?>, Source.Value> values, Settings settings) {
        this.values = values;
        this.settings = settings;
    }

    public Settings settings() {
        return settings;
    }

    /**
     * Each setting with its meaning, its value and where the value comes from: a configuration file that means the same,
     * except that it holds no secrets.
     */
    public String describe() {
        return values.entrySet().stream()
                .map(entry -> describe(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining("\n"));
    }

    private static String describe(Setting<?> key, Source.Value value) {
        boolean hidden = key.secret() && !value.isUnset();
        String origin = value.origin().replaceAll("\\p{Cntrl}", "?");
        return "# " + key.meaning() + "\n" + (hidden ? "# " : "") + key.name() + ": "
                + (hidden ? "(redacted)" : shown(key, value)) + "  # " + origin;
    }

    private static String shown(Setting<?> key, Source.Value value) {
        Object parsed = value.isUnset() ? "" : key.parser().apply(value.raw());
        if (parsed instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> YamlText.quoted(String.valueOf(entry.getKey())) + ": " + entry.getValue())
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (parsed instanceof List<?> urls) {
            boolean hidden = urls.stream().anyMatch(url -> url instanceof RedisUrl one && one.hasCredentials());
            return text(urls.stream().map(String::valueOf).collect(Collectors.joining(",")))
                    + (hidden ? "  # user and password left out" : "");
        }
        return text(String.valueOf(value.raw()));
    }

    private static String text(String text) {
        return PLAIN.matcher(text).matches() ? text : YamlText.quoted(text);
    }

    private static void check(Parsed parsed, List<String> problems) {
        List<RedisUrl> urls = parsed.get(SettingCatalog.REDIS_URL);
        Topology topology = parsed.require(SettingCatalog.REDIS_TOPOLOGY);
        if (urls != null && parsed.get(SettingCatalog.REDIS_REDISSON_FILE) != null) {
            problems.add("redis.url and redis.redisson_file exclude each other: set one of them");
        }
        String topologyName = topology.name().toLowerCase(Locale.ROOT);
        if (urls == null && topology != Topology.SINGLE) {
            problems.add("redis.topology: " + topologyName + " needs redis.url");
        }
        if (topology == Topology.SENTINEL && parsed.get(SettingCatalog.REDIS_SENTINEL_MASTER) == null) {
            problems.add("redis.sentinel_master is missing: redis.topology sentinel needs it");
        }
        if (topology != Topology.SENTINEL && parsed.get(SettingCatalog.REDIS_SENTINEL_MASTER) != null) {
            problems.add("redis.sentinel_master: only redis.topology sentinel uses it");
        }
        for (Setting<String> key : List.of(SettingCatalog.REDIS_USERNAME, SettingCatalog.REDIS_PASSWORD)) {
            if (urls == null && parsed.get(key) != null) {
                problems.add(key.name() + ": only redis.url uses it, which is not set");
            }
        }
        if (urls != null && !urls.stream().allMatch(urls.get(0)::speaksFor)) {
            problems.add("redis.url: the addresses differ in user, password, database or TLS");
        }
        if (urls != null && topology == Topology.SINGLE && urls.size() > 1) {
            problems.add("redis.url: " + urls.size() + " addresses (expected: 1 for redis.topology single)");
        }
        if (urls != null && topology == Topology.CLUSTER && urls.stream().anyMatch(url -> url.database() != 0)) {
            problems.add("redis.url: a Redis Cluster has database 0 only");
        }
        checkPeppers(parsed, problems);
        checkSoftAge(parsed, problems);
    }

    private static void checkPeppers(Parsed parsed, List<String> problems) {
        for (Setting<String> key : List.of(SettingCatalog.OTP_PEPPER, SettingCatalog.OTP_PREVIOUS_PEPPER)) {
            String pepper = parsed.get(key);
            if (pepper != null && pepper.length() < OtpSettings.MIN_PEPPER_LENGTH) {
                problems.add(key.name() + ": too short (expected: " + OtpSettings.MIN_PEPPER_LENGTH
                        + " characters or more, as `openssl rand -base64 32` makes them)");
            }
        }
        if (parsed.get(SettingCatalog.OTP_PEPPER) == null && parsed.get(SettingCatalog.OTP_PREVIOUS_PEPPER) != null) {
            problems.add("otp.previous_pepper: needs otp.pepper, which is not set");
        }
    }

    private static void checkSoftAge(Parsed parsed, List<String> problems) {
        Duration softAge = parsed.require(SettingCatalog.CACHE_SOFT_AGE);
        Duration shortest = CacheSettings.shortest(parsed.require(SettingCatalog.CACHE_TTL));
        if (softAge.compareTo(shortest) >= 0) {
            problems.add("cache.soft_age: " + Durations.format(softAge) + " (expected: less than "
                    + Durations.format(shortest) + ", 90 % of cache.ttl)");
        }
    }

    private static Settings settings(Parsed parsed) {
        return new Settings(
                new ServerSettings(
                        parsed.require(SettingCatalog.SERVER_HOST),
                        parsed.require(SettingCatalog.SERVER_PORT),
                        parsed.require(SettingCatalog.SERVER_REFLECTION),
                        parsed.require(SettingCatalog.SERVER_MAX_CONNECTION_AGE),
                        parsed.require(SettingCatalog.SERVER_DRAIN_DELAY),
                        parsed.require(SettingCatalog.SERVER_DRAIN_TIMEOUT)),
                new RedisSettings(
                        endpoint(parsed),
                        parsed.require(SettingCatalog.REDIS_TIMEOUT),
                        parsed.require(SettingCatalog.REDIS_CONNECT_TIMEOUT),
                        parsed.require(SettingCatalog.REDIS_CONNECTIONS),
                        parsed.require(SettingCatalog.REDIS_MAX_QUEUED_CALLS),
                        parsed.require(SettingCatalog.REDIS_MAX_CALLS_PER_SCRIPT),
                        parsed.require(SettingCatalog.REDIS_MAX_SCRIPTS_IN_FLIGHT)),
                new RateLimitSettings(
                        parsed.require(SettingCatalog.RATE_LIMIT_POLICIES),
                        parsed.require(SettingCatalog.RATE_LIMIT_ON_REDIS_FAILURE)),
                new OtpSettings(
                        parsed.require(SettingCatalog.OTP_DIGITS),
                        parsed.require(SettingCatalog.OTP_TTL),
                        parsed.require(SettingCatalog.OTP_MAX_TRIES),
                        parsed.require(SettingCatalog.OTP_MAX_FAILURES_PER_HOUR),
                        parsed.require(SettingCatalog.OTP_MAX_FAILURES_PER_DAY),
                        parsed.require(SettingCatalog.OTP_RESEND_COOLDOWN),
                        parsed.require(SettingCatalog.OTP_MAX_SENDS_PER_HOUR),
                        parsed.get(SettingCatalog.OTP_PEPPER),
                        parsed.get(SettingCatalog.OTP_PREVIOUS_PEPPER)),
                new CacheSettings(
                        parsed.require(SettingCatalog.CACHE_TTL),
                        parsed.require(SettingCatalog.CACHE_SOFT_AGE),
                        parsed.require(SettingCatalog.CACHE_NEGATIVE_TTL),
                        parsed.require(SettingCatalog.CACHE_LEASE)),
                new PresenceSettings(parsed.require(SettingCatalog.PRESENCE_TTL)),
                new BudgetSettings(parsed.require(SettingCatalog.BUDGET_MAX_MEMORY)));
    }

    private static Endpoint endpoint(Parsed parsed) {
        Path redissonFile = parsed.get(SettingCatalog.REDIS_REDISSON_FILE);
        if (redissonFile != null) {
            return new RedissonFile(redissonFile);
        }
        List<RedisUrl> urls = parsed.get(SettingCatalog.REDIS_URL);
        if (urls == null) {
            return new Embedded(parsed.require(SettingCatalog.REDIS_EMBEDDED_MEMORY));
        }
        String username = parsed.get(SettingCatalog.REDIS_USERNAME);
        String password = parsed.get(SettingCatalog.REDIS_PASSWORD);
        RedisUrl first = urls.get(0);
        return new Remote(
                parsed.require(SettingCatalog.REDIS_TOPOLOGY),
                urls,
                parsed.get(SettingCatalog.REDIS_SENTINEL_MASTER),
                new Credentials(
                        username == null ? first.username() : username,
                        password == null ? first.password() : password));
    }

    /** The parsed values, by key. */
    private record Parsed(Map<Setting<?>, Object> values) {

        @SuppressWarnings("unchecked") // Each value was made by the parser of its key.
        <T> @Nullable T get(Setting<T> key) {
            return (T) values.get(key);
        }

        <T> T require(Setting<T> key) {
            T value = get(key);
            if (value == null) {
                throw new IllegalStateException(key.name() + " has no default");
            }
            return value;
        }
    }
}
