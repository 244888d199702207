package io.flowhub.ephemeral.client.internal;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Completes the name of a server, or several names separated by commas, to a gRPC target. */
public final class Targets {

    /** With the slash, because {@code localhost:9090} also parses as a URI with a scheme. */
    private static final Pattern HAS_SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*:/.*");

    private static final Pattern LOOPBACK = Pattern.compile("/?(localhost|127\\.[0-9.]+|\\[::1])(:[0-9]+)?");

    public static String withScheme(String target) {
        if (HAS_SCHEME.matcher(target).matches()) {
            return target;
        }
        String[] names = names(target);
        if (Arrays.stream(names).anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("target: \"" + target + "\" (expected: host:port)");
        }
        if (names.length == 1) {
            return dns(target).toString();
        }
        Arrays.stream(names).forEach(Targets::dns); // Rejects what is not a name.
        NameLists.register();
        return uri(NameLists.SCHEME, target).toString();
    }

    /** The target of one name, {@code host:port}. */
    static URI dns(String name) {
        return uri("dns", name);
    }

    /** Whether no call to this target leaves the machine. False if it has a scheme that is not known here. */
    public static boolean isLoopback(String target) {
        if (target.startsWith("unix:")) {
            return true;
        }
        String path = URI.create(target).getPath();
        return path != null
                && Arrays.stream(names(path))
                        .allMatch(name -> LOOPBACK.matcher(name).matches());
    }

    static String[] names(String list) {
        return list.split(",", -1);
    }

    /** Escapes the brackets of {@code [::1]:9090}. */
    private static URI uri(String scheme, String names) {
        try {
            return new URI(scheme, "", "/" + names, null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("target: \"" + names + "\" (expected: host:port)", e);
        }
    }

    private Targets() {}
}
