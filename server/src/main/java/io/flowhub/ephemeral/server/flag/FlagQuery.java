package io.flowhub.ephemeral.server.flag;

import org.jspecify.annotations.Nullable;

/**
 * A checked query for the value of one feature flag.
 *
 * @param defaultValue null if the request has no default
 */
record FlagQuery(String key, @Nullable String defaultValue) {

    /** The value if the feature flag is not set. */
    String fallback() {
        return defaultValue == null ? "" : defaultValue;
    }
}
