package io.flowhub.ephemeral.client.internal;

import io.grpc.NameResolverRegistry;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Completes the name of a server, or several names separated by commas, to a gRPC target. */
public final class Targets {

    public static final String RULE = "host:port with a port of 1 to 65535, an IPv6 address as [::1]:port, several"
            + " separated by commas, or a gRPC target such as dns:///host:port";

    private static final int MAX_PORT = 65_535;

    /** With the slash, because {@code localhost:9090} also parses as a URI with a scheme. */
    private static final Pattern HAS_SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*:/.*");

    private static final Pattern LOOPBACK = Pattern.compile("/?(localhost|127\\.[0-9.]+|\\[::1])(:[0-9]+)?");

    /**
     * The gRPC target.
     *
     * @throws IllegalArgumentException if it breaks {@link #RULE}
     */
    public static String withScheme(String target) {
        if (!isValid(target)) {
            throw new IllegalArgumentException("target: \"" + target + "\" (expected: " + RULE + ")");
        }
        if (HAS_SCHEME.matcher(target).matches()) {
            return target;
        }
        if (names(target).length == 1) {
            return dns(target).toString();
        }
        NameLists.register();
        return uri(NameLists.SCHEME, target).toString();
    }

    private static boolean isValid(String target) {
        if (!HAS_SCHEME.matcher(target).matches()) {
            return Arrays.stream(names(target)).allMatch(Targets::isHostAndPort);
        }
        try {
            URI uri = new URI(target);
            if (NameResolverRegistry.getDefaultRegistry().getProviderForScheme(uri.getScheme()) == null) {
                return false;
            }
            String path = uri.getPath();
            return !uri.getScheme().equalsIgnoreCase("dns")
                    || (path.startsWith("/") && isHostAndPort(path.substring(1)));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /** As gRPC reads the name, but only when it connects. */
    private static boolean isHostAndPort(String name) {
        try {
            URI uri = new URI("//" + name);
            return uri.getHost() != null
                    && name.equals(uri.getRawAuthority())
                    && uri.getUserInfo() == null
                    && uri.getPort() >= 1
                    && uri.getPort() <= MAX_PORT;
        } catch (URISyntaxException e) {
            return false;
        }
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
            throw new IllegalArgumentException("target: \"" + names + "\" (expected: " + RULE + ")", e);
        }
    }

    private Targets() {}
}
