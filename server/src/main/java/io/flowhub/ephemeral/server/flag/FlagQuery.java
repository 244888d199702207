package io.flowhub.ephemeral.server.flag;

import org.jspecify.annotations.Nullable;

/**
 * A checked query for the value of one feature flag.
 *
 * @param defaultValue null if the request has no default
 */
public record FlagQuery(String key, @Nullable String defaultValue) {

    /** A query without a default. The ids are checked. */
    public static FlagQuery of(String feature, String userId) {
        return new FlagQuery(FlagKeys.flag(feature, userId), null);
    }

    /** The value if the feature flag is not set. */
    String fallback() {
        return defaultValue == null ? "" : defaultValue;
    }
}
