package io.flowhub.ephemeral.server.rpc;

/** A field of a request that breaks its rule. */
public final class InvalidFieldException extends RuntimeException {

    private static final long serialVersionUID = 1;
    private static final int MAX_SHOWN = 64;

    private final String field;
    private final String value;
    private final String rule;

    /**
     * @param field its path in the request, such as {@code requests[3].user_id}
     * @param value what was sent; must not be a secret
     * @param rule what is allowed
     */
    public InvalidFieldException(String field, Object value, String rule) {
        super(null, null, false, false);
        this.field = field;
        this.value = shown(String.valueOf(value));
        this.rule = rule;
    }

    /** For a field that holds a secret, or what may have been meant as one. */
    public static InvalidFieldException ofSecret(String field, String rule) {
        return new InvalidFieldException(field, "(not shown)", rule);
    }

    String field() {
        return field;
    }

    String value() {
        return value;
    }

    String rule() {
        return rule;
    }

    @Override
    public String getMessage() {
        return field + ": \"" + value + "\" (expected: " + rule + ")";
    }

    /** Short and on one line that reads as it was sent: it goes into a status message and into people's logs. */
    private static String shown(String value) {
        StringBuilder shown = new StringBuilder();
        value.codePoints().limit(MAX_SHOWN).forEach(c -> shown.appendCodePoint(isVisible(c) ? c : '?'));
        return value.codePointCount(0, value.length()) > MAX_SHOWN ? shown + "…" : shown.toString();
    }

    /** Controls, line separators, and marks that turn the direction of text do not show. */
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
