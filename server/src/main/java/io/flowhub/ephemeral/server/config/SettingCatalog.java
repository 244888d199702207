package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.config.RateLimitSettings.OnRedisFailure;
import io.flowhub.ephemeral.server.config.RedisSettings.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Every setting, one a line: name, type, default, meaning. Its environment variable is {@link Setting#env()}. */
final class SettingCatalog {

    static final Setting<String> SERVER_HOST = key(
            "server.host",
            Parsers.text(),
            "127.0.0.1",
            "address to listen on; 0.0.0.0 for all, which is for a private network only");
    static final Setting<Integer> SERVER_PORT =
            key("server.port", Parsers.integer(0, 65_535), "9090", "TCP port; 0 takes a free one");
    static final Setting<Boolean> SERVER_REFLECTION =
            key("server.reflection", Parsers.bool(), "true", "whether grpcurl and the like may ask for the contract");
    static final Setting<Duration> SERVER_MAX_CONNECTION_AGE = key(
            "server.max_connection_age",
            Parsers.duration("10s", "24h"),
            "30m",
            "after this a client is asked to connect anew, so that it finds new servers");
    static final Setting<Duration> SERVER_DRAIN_DELAY = key(
            "server.drain_delay",
            Parsers.duration("0s", "5m"),
            "0s",
            "at shutdown: how long readiness says no before connections are closed");
    static final Setting<Duration> SERVER_DRAIN_TIMEOUT = key(
            "server.drain_timeout",
            Parsers.duration("0s", "5m"),
            "10s",
            "at shutdown: how long running calls may take to finish");

    static final Setting<List<RedisUrl>> REDIS_URL = key(
            "redis.url",
            Parsers.redisUrls(),
            "",
            "redis://host:port[/database] or rediss:// for TLS, several with commas; unset means an embedded Redis");
    static final Setting<Topology> REDIS_TOPOLOGY = key(
            "redis.topology",
            Parsers.oneOf(Topology.class),
            "single",
            "what redis.url names: single, sentinel (the Sentinels) or cluster (any of its nodes)");
    static final Setting<String> REDIS_SENTINEL_MASTER = key(
            "redis.sentinel_master", Parsers.text(), "", "the master's name; required with redis.topology sentinel");
    static final Setting<String> REDIS_USERNAME =
            key("redis.username", Parsers.text(), "", "ACL user; wins over the one in redis.url");
    static final Setting<String> REDIS_PASSWORD =
            secret("redis.password", Parsers.text(), "password; wins over the one in redis.url");
    static final Setting<Path> REDIS_REDISSON_FILE = key(
            "redis.redisson_file",
            Parsers.path(),
            "",
            "a Redisson YAML file instead of redis.url, for everything these settings do not cover");
    static final Setting<DataSize> REDIS_EMBEDDED_MEMORY =
            key("redis.embedded_memory", Parsers.dataSize("1MB", "64GB"), "30MB", "maxmemory of the embedded Redis");
    static final Setting<Duration> REDIS_TIMEOUT = key(
            "redis.timeout",
            Parsers.duration("50ms", "500ms"),
            "300ms",
            "how long Redis may take to answer before the call is UNAVAILABLE; never sent again");
    static final Setting<Duration> REDIS_CONNECT_TIMEOUT =
            key("redis.connect_timeout", Parsers.duration("50ms", "10s"), "1s", "how long connecting may take");
    static final Setting<Integer> REDIS_CONNECTIONS =
            key("redis.connections", Parsers.integer(1, 8), "2", "connections per Redis master");
    static final Setting<Integer> REDIS_MAX_QUEUED_CALLS = key(
            "redis.max_queued_calls",
            Parsers.integer(1, 1_000_000),
            "8192",
            "calls of one kind that may wait for Redis; one more is RESOURCE_EXHAUSTED");
    static final Setting<Integer> REDIS_MAX_CALLS_PER_SCRIPT =
            key("redis.max_calls_per_script", Parsers.integer(1, 1024), "256", "calls that leave as one script call");
    static final Setting<Integer> REDIS_MAX_SCRIPTS_IN_FLIGHT = key(
            "redis.max_scripts_in_flight",
            Parsers.integer(1, 64),
            "2",
            "script calls of one kind under way at once; what arrives meanwhile leaves together");

    static final Setting<Map<String, Policy>> RATE_LIMIT_POLICIES = key(
            "rate_limit.policies",
            Parsers.policies(),
            "{login_attempts: {limit: 5, window: 60s}, api_hits: {limit: 100, window: 60s}}",
            "limit, window and algorithm by action; * stands for the rest; reloaded when the file changes");
    static final Setting<OnRedisFailure> RATE_LIMIT_ON_REDIS_FAILURE = key(
            "rate_limit.on_redis_failure",
            Parsers.oneOf(OnRedisFailure.class),
            "unavailable",
            "what checks answer while Redis is away: unavailable (an error status), deny, allow, or local (this process counts by itself); reloaded when the file changes");

    static final Setting<Integer> OTP_DIGITS =
            key("otp.digits", Parsers.integer(6, 10), "6", "digits of a one-time password");
    static final Setting<Duration> OTP_TTL =
            key("otp.ttl", Parsers.duration("30s", "10m"), "300s", "how long a code lives, 10m at most");
    static final Setting<Integer> OTP_MAX_TRIES =
            key("otp.max_tries", Parsers.integer(1, 10), "5", "wrong tries after which a code is dead");
    static final Setting<Integer> OTP_MAX_FAILURES_PER_HOUR = key(
            "otp.max_failures_per_hour",
            Parsers.integer(1, 100),
            "10",
            "wrong codes of a user that are looked at in an hour, however often a code is issued; then he is locked");
    static final Setting<Integer> OTP_MAX_FAILURES_PER_DAY =
            key("otp.max_failures_per_day", Parsers.integer(1, 100), "30", "the same in 24 hours");
    static final Setting<Duration> OTP_RESEND_COOLDOWN = key(
            "otp.resend_cooldown",
            Parsers.duration("0s", "10m"),
            "30s",
            "how long after a code the user's next is issued");
    static final Setting<Integer> OTP_MAX_SENDS_PER_HOUR =
            key("otp.max_sends_per_hour", Parsers.integer(1, 100), "5", "codes that a user is issued in an hour");
    static final Setting<String> OTP_PEPPER = secret(
            "otp.pepper",
            Parsers.text(),
            "secret under which codes are kept, 32 characters or more, the same on all servers; an external Redis needs it, else one-time passwords are off");
    static final Setting<String> OTP_PREVIOUS_PEPPER =
            secret("otp.previous_pepper", Parsers.text(), "accepted too, while otp.pepper is replaced by another");
    static final Setting<Duration> CACHE_TTL = key(
            "cache.ttl",
            Parsers.duration("10s", "10m"),
            "5m",
            "how long a cached object lives, give or take 10 %; the same on every server, since it tells the age");
    static final Setting<Duration> CACHE_SOFT_AGE = key(
            "cache.soft_age",
            Parsers.duration("1s", "10m"),
            "4m",
            "past this age one caller is asked to load the object anew; less than 90 % of cache.ttl");
    static final Setting<Duration> CACHE_NEGATIVE_TTL = key(
            "cache.negative_ttl",
            Parsers.duration("15s", "30s"),
            "20s",
            "how long it is known that there is no such object, give or take 10 % within 15s to 30s");
    static final Setting<Duration> CACHE_LEASE = key(
            "cache.lease",
            Parsers.duration("1s", "30s"),
            "5s",
            "how long a caller has to load and put an object before another one gets the lease");
    static final Setting<Duration> PRESENCE_TTL = key(
            "presence.ttl",
            Parsers.duration("1s", "60s"),
            "10s",
            "how long a user is online after a heartbeat; the same on every server");
    static final Setting<DataSize> BUDGET_MAX_MEMORY = key(
            "budget.max_memory",
            Parsers.dataSize("1MB", "64GB"),
            "30MB",
            "what Redis may use if it has no maxmemory of its own; the masters of a Cluster share it evenly");

    static final List<Setting<?>> ALL = List.of(
            SERVER_HOST,
            SERVER_PORT,
            SERVER_REFLECTION,
            SERVER_MAX_CONNECTION_AGE,
            SERVER_DRAIN_DELAY,
            SERVER_DRAIN_TIMEOUT,
            REDIS_URL,
            REDIS_TOPOLOGY,
            REDIS_SENTINEL_MASTER,
            REDIS_USERNAME,
            REDIS_PASSWORD,
            REDIS_REDISSON_FILE,
            REDIS_EMBEDDED_MEMORY,
            REDIS_TIMEOUT,
            REDIS_CONNECT_TIMEOUT,
            REDIS_CONNECTIONS,
            REDIS_MAX_QUEUED_CALLS,
            REDIS_MAX_CALLS_PER_SCRIPT,
            REDIS_MAX_SCRIPTS_IN_FLIGHT,
            RATE_LIMIT_POLICIES,
            RATE_LIMIT_ON_REDIS_FAILURE,
            OTP_DIGITS,
            OTP_TTL,
            OTP_MAX_TRIES,
            OTP_MAX_FAILURES_PER_HOUR,
            OTP_MAX_FAILURES_PER_DAY,
            OTP_RESEND_COOLDOWN,
            OTP_MAX_SENDS_PER_HOUR,
            OTP_PEPPER,
            OTP_PREVIOUS_PEPPER,
            CACHE_TTL,
            CACHE_SOFT_AGE,
            CACHE_NEGATIVE_TTL,
            CACHE_LEASE,
            PRESENCE_TTL,
            BUDGET_MAX_MEMORY);

    private static <T> Setting<T> key(
            String name, java.util.function.Function<Object, T> parser, String defaultText, String meaning) {
        return new Setting<>(name, parser, defaultText, false, meaning);
    }

    private static <T> Setting<T> secret(String name, java.util.function.Function<Object, T> parser, String meaning) {
        return new Setting<>(name, parser, "", true, meaning);
    }

    private SettingCatalog() {}
}
