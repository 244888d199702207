package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.error.InvalidFieldException;

/**
 * The value of a cache entry.
 *
 * @param text a JSON object; empty in a negative entry, which records that there is no object
 */
record CacheValue(String text) {

    private static final CacheValue NEGATIVE = new CacheValue("");

    static CacheValue json(String text) {
        JsonValidator.check("json", text);
        return new CacheValue(text);
    }

    static CacheValue negative(boolean value) {
        if (!value) {
            throw new InvalidFieldException("negative", false, "true, or json instead");
        }
        return NEGATIVE;
    }

    /** The error for a request with neither field. */
    static InvalidFieldException missing() {
        return new InvalidFieldException("content", "", "json or negative");
    }

    boolean isNegative() {
        return text.isEmpty();
    }

    @Override
    public String toString() {
        return "CacheValue[" + text.length() + " characters]";
    }
}
