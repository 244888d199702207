package io.flowhub.ephemeral.server.config;

/** Everything that can be set, checked and complete. {@link SettingCatalog} says what each value means. */
public record Settings(
        ServerSettings server,
        RedisSettings redis,
        RateLimitSettings rateLimit,
        OtpSettings otp,
        CacheSettings cache,
        PresenceSettings presence,
        BudgetSettings budget) {}
