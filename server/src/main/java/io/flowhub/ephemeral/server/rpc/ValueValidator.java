package io.flowhub.ephemeral.server.rpc;

import java.nio.charset.StandardCharsets;

/** Checks the values that a request wants kept. */
public final class ValueValidator {

    private static final int MAX_BYTES = 256;
    private static final int MAX_BYTES_PER_CHAR = 3;

    /**
     * Returns the value if it has up to 256 bytes of UTF-8. The error tells its length only: it may be a secret.
     *
     * @param field the field's name in the request, for the error
     * @throws InvalidFieldException if it is longer
     */
    public static String check(String field, String value) {
        if (value.length() * MAX_BYTES_PER_CHAR > MAX_BYTES) {
            int bytes = value.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > MAX_BYTES) {
                throw new InvalidFieldException(field, bytes + " bytes", "up to " + MAX_BYTES + " bytes");
            }
        }
        return value;
    }

    private ValueValidator() {}
}
