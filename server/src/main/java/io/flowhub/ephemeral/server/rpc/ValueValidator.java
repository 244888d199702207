package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import java.nio.charset.StandardCharsets;

/** Checks the values and the list sizes of a request. */
public final class ValueValidator {

    private static final int MAX_BYTES = 256;
    private static final int MAX_BYTES_PER_CHAR = 3;

    /**
     * Returns the value if it has up to 256 bytes of UTF-8. The error contains its length only: it may be a secret.
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

    /**
     * Checks the size of a list.
     *
     * @param field the field's name in the request, for the error
     * @param what the plural of its items, for the error
     * @throws InvalidFieldException if it is empty, or larger than {@code max}
     */
    public static void checkSize(String field, int size, int max, String what) {
        if (size < 1 || size > max) {
            throw new InvalidFieldException(field, size + " " + what, "1 to " + max + " " + what);
        }
    }

    private ValueValidator() {}
}
