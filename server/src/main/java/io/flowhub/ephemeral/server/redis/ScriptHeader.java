package io.flowhub.ephemeral.server.redis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a Lua file declares in its header; see {@link Script}. */
record ScriptHeader(
        boolean batched,
        boolean coalesced,
        boolean sequential,
        boolean lean,
        boolean values,
        Size keys,
        Size args,
        Size returns) {

    private static final Pattern DIRECTIVE = Pattern.compile("-- @([a-z]+)(?: (\\S+))?");
    private static final Set<String> NAMES = Set.of(
            "batched", "unbatched", "coalesced", "sequential", "lean", "values", "include", "keys", "args", "returns");

    /** A number of keys, arguments or values: exactly {@code min}, or with {@code orMore} at least that many. */
    record Size(int min, boolean orMore) {

        private static final String OR_MORE = "..n";

        static Size parse(String text) {
            boolean orMore = text.endsWith(OR_MORE);
            String min = orMore ? text.substring(0, text.length() - OR_MORE.length()) : text;
            return new Size(Integer.parseInt(min), orMore);
        }

        boolean accepts(int count) {
            return count == min || (orMore && count > min);
        }

        @Override
        public String toString() {
            return orMore ? min + OR_MORE : Integer.toString(min);
        }
    }

    ScriptHeader {
        if (batched && (keys.orMore() || args.orMore() || returns.orMore())) {
            throw new IllegalArgumentException("@batched needs a fixed number of keys, args and returns");
        }
        if (coalesced && (!batched || args.min() > 0)) {
            throw new IllegalArgumentException("@coalesced needs @batched and @args 0");
        }
        if (values && (!coalesced || keys.min() != 1 || returns.min() < 2)) {
            throw new IllegalArgumentException("@values needs @coalesced, @keys 1 and @returns 2 or more");
        }
        if (keys.min() < 1 || returns.min() < 1) {
            throw new IllegalArgumentException("@keys and @returns must be at least 1");
        }
    }

    /** Reads the header of a script. */
    static ScriptHeader parse(String text) {
        Map<String, String> declared = new LinkedHashMap<>();
        for (Directive directive : directives(text)) {
            if (!directive.name().equals("include") && declared.put(directive.name(), directive.value()) != null) {
                throw new IllegalArgumentException("@" + directive.name() + " is declared twice");
            }
        }
        boolean batched = declared.containsKey("batched");
        if (batched == declared.containsKey("unbatched")) {
            throw new IllegalArgumentException("either @batched or @unbatched must be declared");
        }
        return new ScriptHeader(
                batched,
                declared.containsKey("coalesced"),
                declared.containsKey("sequential"),
                declared.containsKey("lean"),
                declared.containsKey("values"),
                size(declared, "keys"),
                size(declared, "args"),
                size(declared, "returns"));
    }

    /** The libraries that a file names, in the order in which it names them. */
    static List<String> includes(String text) {
        return directives(text).stream()
                .filter(directive -> directive.name().equals("include"))
                .map(Directive::value)
                .toList();
    }

    private record Directive(String name, String value) {}

    private static List<Directive> directives(String text) {
        List<Directive> directives = new ArrayList<>();
        for (String line : text.lines().filter(l -> l.startsWith("-- @")).toList()) {
            Matcher matcher = DIRECTIVE.matcher(line);
            if (!matcher.matches() || !NAMES.contains(matcher.group(1))) {
                throw new IllegalArgumentException("not a declaration: " + line);
            }
            directives.add(new Directive(matcher.group(1), matcher.group(2) == null ? "" : matcher.group(2)));
        }
        return directives;
    }

    private static Size size(Map<String, String> declared, String name) {
        String value = declared.get(name);
        if (value == null) {
            throw new IllegalArgumentException("@" + name + " is not declared");
        }
        return Size.parse(value);
    }

    /** @throws IllegalArgumentException if a call of the script does not have this many keys or arguments */
    void requireSizes(String script, int keyCount, int argCount) {
        if (!keys.accepts(keyCount) || !args.accepts(argCount)) {
            throw new IllegalArgumentException(script + ": " + keyCount + " keys and " + argCount + " args (expected: "
                    + keys + " and " + args + ")");
        }
    }
}
