package io.flowhub.ephemeral.server.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of one Redis server: {@code redis://[user[:password]@]host:port[/database]}, or {@code rediss://} for TLS.
 * User and password may be percent-encoded.
 *
 * @param address scheme, host and port, as Redisson takes it
 */
public record RedisUrl(
        String address, @Nullable String username, @Nullable String password, int database) {

    private static final int DEFAULT_PORT = 6379;
    private static final int MAX_PORT = 65_535;

    static final String SHAPE = "redis://host:port[/database] or rediss://host:port[/database]";

    /** An address, without the user information and the database: names of Docker Compose contain underscores. */
    private static final Pattern HOST_AND_PORT = Pattern.compile("([\\w.-]+|\\[[0-9A-Fa-f:.]+])(?::(\\d{1,5}))?");

    private static final Pattern URL = Pattern.compile("(rediss?)://([^/?#]*)/?(\\d{0,4})");
    private static final Pattern UNUSUAL = Pattern.compile("[^\\w.:\\[\\]-]");

    static RedisUrl parse(String text) {
        Matcher url = URL.matcher(text);
        if (!url.matches()) {
            throw malformed(
                    text.matches("rediss?://[^/?#]*[/?#].*@.*") ? "; write / ? # in a password as %2F %3F %23" : "");
        }
        String authority = url.group(2);
        int at = authority.lastIndexOf('@');
        String hostAndPort = authority.substring(at + 1);
        Matcher address = HOST_AND_PORT.matcher(hostAndPort);
        if (!address.matches()) {
            Matcher unusual = UNUSUAL.matcher(hostAndPort);
            throw malformed(unusual.find() ? "; the host contains '" + unusual.group() + "'" : "");
        }
        int port = address.group(2) == null ? DEFAULT_PORT : Integer.parseInt(address.group(2));
        if (port < 1 || port > MAX_PORT) {
            throw malformed("");
        }
        String userInfo = at < 0 ? "" : authority.substring(0, at);
        int colon = userInfo.indexOf(':');
        return new RedisUrl(
                url.group(1) + "://" + address.group(1) + ":" + port,
                decoded(colon < 0 ? userInfo : userInfo.substring(0, colon)),
                decoded(colon < 0 ? "" : userInfo.substring(colon + 1)),
                url.group(3).isEmpty() ? 0 : Integer.parseInt(url.group(3)));
    }

    /** Percent-decodes a user or password; null if it is empty. */
    private static @Nullable String decoded(String text) {
        if (text.isEmpty()) {
            return null;
        }
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw malformed("; write % in a password as %25");
        }
    }

    boolean hasCredentials() {
        return username != null || password != null;
    }

    boolean hasTls() {
        return address.startsWith("rediss:");
    }

    /**
     * Whether the other address may follow this one in a list: it uses TLS if this one does, and its credentials and
     * database are those of this one or absent.
     */
    boolean isCompatibleWith(RedisUrl other) {
        boolean sameCredentials = !other.hasCredentials()
                || (Objects.equals(username, other.username) && Objects.equals(password, other.password));
        return hasTls() == other.hasTls() && sameCredentials && (other.database == 0 || other.database == database);
    }

    /** The message never repeats the text: it may hold a password. */
    private static IllegalArgumentException malformed(String reason) {
        return new IllegalArgumentException("(expected: " + SHAPE + reason + ")");
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
