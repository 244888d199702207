package io.flowhub.ephemeral.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/** Completes the name of a server to a gRPC target. */
final class Targets {

    /** With the slash, because {@code localhost:9090} also parses as a URI with a scheme. */
    private static final Pattern HAS_SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*:/.*");

    static String withScheme(String target) {
        if (target.isBlank()) {
            throw new IllegalArgumentException("target: \"" + target + "\" (expected: host:port)");
        }
        if (HAS_SCHEME.matcher(target).matches()) {
            return target;
        }
        try {
            return new URI("dns", "", "/" + target, null).toString(); // Escapes the brackets of [::1]:9090.
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("target: \"" + target + "\" (expected: host:port)", e);
        }
    }

    private Targets() {}
}
