package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.util.Map;

/** A field of a request breaks its rule. */
public final class InvalidFieldException extends ServiceException {

    private static final long serialVersionUID = 1;
    private static final int MAX_CHARACTERS = 64;

    private final String field;

    /**
     * @param field its path in the request, such as {@code requests[3].user_id}
     * @param value the received value; must not be a secret
     * @param rule what is allowed
     */
    public InvalidFieldException(String field, Object value, String rule) {
        this(field, sanitize(String.valueOf(value)), rule);
    }

    private InvalidFieldException(String field, String sanitized, String rule) {
        super(
                Code.INVALID_ARGUMENT,
                ErrorReason.ERROR_REASON_INVALID_FIELD,
                field + ": \"" + sanitized + "\" (expected: " + rule + ")",
                Map.of("field", field, "value", sanitized, "rule", rule),
                null,
                null);
        this.field = field;
    }

    /** For a field that holds a secret, or may hold one by mistake. */
    public static InvalidFieldException redacted(String field, String rule) {
        return new InvalidFieldException(field, "(not shown)", rule);
    }

    public String field() {
        return field;
    }

    /** Cuts the value and replaces invisible characters: it goes into a status message and into logs. */
    static String sanitize(String value) {
        StringBuilder sanitized = new StringBuilder();
        value.codePoints().limit(MAX_CHARACTERS).forEach(c -> sanitized.appendCodePoint(isVisible(c) ? c : '?'));
        return value.codePointCount(0, value.length()) > MAX_CHARACTERS ? sanitized + "…" : sanitized.toString();
    }

    /** False for controls, line separators and characters that change the direction of text. */
    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
