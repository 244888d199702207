package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.rpc.InvalidFieldException;

/**
 * What an entry may hold.
 *
 * @param text a JSON object, or nothing: then it is known that there is none
 */
record Content(String text) {

    private static final Content NEGATIVE = new Content("");

    static Content json(String text) {
        JsonRule.check("json", text);
        return new Content(text);
    }

    static Content negative(boolean value) {
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
