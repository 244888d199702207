package io.flowhub.ephemeral.server.flag;

/** The result of a read of a feature flag. Each has the value that the caller gets. */
public sealed interface FlagResult {

    String value();

    /** The feature flag is set. */
    record Set(String value, long ttlMillis) implements FlagResult {}

    /** The feature flag is not set. The value is the default of the query. */
    record Unset(String value) implements FlagResult {}

    /** The feature flag could not be read. The value is the default of the query. */
    record Failed(String value, Throwable failure) implements FlagResult {}
}
