package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.error.InvalidFieldException;

/**
 * What an entry may hold.
 *
 * @param text a JSON object, or nothing: then it is known that there is none
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

    /** For a request that says neither. */
    static InvalidFieldException missing() {
        return new InvalidFieldException("content", "", "json or negative");
    }

    boolean isNegative() {
        return text.isEmpty();
    }

    @Override
    public String toString() {
        return "Content[" + text.length() + " characters]";
    }
}
