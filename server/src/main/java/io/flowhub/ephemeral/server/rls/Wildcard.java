package io.flowhub.ephemeral.server.rls;

/** A value with {@code *} in it, each of which matches any text, also none. */
final class Wildcard {

    private final String[] parts;
    private final int fixedLength;

    private Wildcard(String[] parts, int fixedLength) {
        this.parts = parts;
        this.fixedLength = fixedLength;
    }

    static boolean is(String value) {
        return value.indexOf('*') >= 0;
    }

    static Wildcard of(String pattern) {
        return new Wildcard(pattern.split("\\*", -1), pattern.replace("*", "").length());
    }

    boolean matches(String value) {
        String first = parts[0];
        String last = parts[parts.length - 1];
        if (value.length() < fixedLength || !value.startsWith(first) || !value.endsWith(last)) {
            return false;
        }
        int from = first.length();
        int to = value.length() - last.length();
        for (int i = 1; i < parts.length - 1; i++) { // the leftmost place of a part leaves most to the next ones
            int at = value.indexOf(parts[i], from);
            if (at < 0 || at + parts[i].length() > to) {
                return false;
            }
            from = at + parts[i].length();
        }
        return true;
    }
}
