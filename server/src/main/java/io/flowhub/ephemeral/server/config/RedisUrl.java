package io.flowhub.ephemeral.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The address of one Redis server: {@code redis://[user[:password]@]host:port[/database]}, or {@code rediss://} for TLS.
 *
 * @param address scheme, host and port, as Redisson takes it
 */
public record RedisUrl(
        String address, @Nullable String username, @Nullable String password, int database) {

    private static final int DEFAULT_PORT = 6379;
    private static final int MAX_PORT = 65_535;

    static final String SHAPE = "redis://host:port[/database] or rediss://host:port[/database]";

    static RedisUrl parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw malformed();
        }
        String scheme = uri.getScheme();
        if (!("redis".equals(scheme) || "rediss".equals(scheme)) || uri.getHost() == null) {
            throw malformed();
        }
        int port = uri.getPort() == -1 ? DEFAULT_PORT : uri.getPort();
        if (port < 1 || port > MAX_PORT) {
            throw malformed();
        }
        String path = uri.getPath() == null ? "" : uri.getPath();
        if (!path.matches("/?\\d{0,4}") || uri.getQuery() != null || uri.getFragment() != null) {
            throw malformed();
        }
        String digits = path.replace("/", "");
        String userInfo = uri.getUserInfo();
        String username = null;
        String password = null;
        if (userInfo != null) {
            int colon = userInfo.indexOf(':');
            String user = colon < 0 ? userInfo : userInfo.substring(0, colon);
            username = user.isEmpty() ? null : user;
            password = colon < 0 || colon == userInfo.length() - 1 ? null : userInfo.substring(colon + 1);
        }
        return new RedisUrl(
                scheme + "://" + uri.getHost() + ":" + port,
                username,
                password,
                digits.isEmpty() ? 0 : Integer.parseInt(digits));
    }

    boolean hasCredentials() {
        return username != null || password != null;
    }

    /**
     * Whether the other address may follow this one in a list: it uses TLS if this one does, and its credentials and
     * database are those of this one or absent.
     */
    boolean isCompatibleWith(RedisUrl other) {
        boolean sameTls = address.startsWith("rediss:") == other.address.startsWith("rediss:");
        boolean sameCredentials = !other.hasCredentials()
                || (Objects.equals(username, other.username) && Objects.equals(password, other.password));
        return sameTls && sameCredentials && (other.database == 0 || other.database == database);
    }

    /** The message never repeats the text: it may hold a password. */
    private static IllegalArgumentException malformed() {
        return new IllegalArgumentException("(expected: " + SHAPE + ")");
    }

    /** The address with the database, without user and password. */
    public String redacted() {
        return database == 0 ? address : address + "/" + database;
    }

    @Override
    public String toString() {
        return redacted();
    }
}
