package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why Redis is unavailable: in the words of Redis, or of the network, and what to do. Holds no text of an error beyond
 * these words, because such texts contain keys, arguments and passwords.
 *
 * @param word the error code of Redis, or its sentence where it has no code
 * @param reply whether Redis replied, with an error
 */
record OutageCause(String word, String hint, boolean reply) {

    /** A text in an error, and what it means. The first row that is found counts. */
    private record Row(Pattern pattern, String word, String hint, boolean reply) {}

    private static final String DENIAL = "NOPERM";
    private static final String OTHER_ERROR = "ERR";

    private static final List<Row> ROWS = List.of(
            reply("WRONGPASS", "the user or the password is wrong: check redis.username and redis.password"),
            reply("NOAUTH", "Redis requires a password: set redis.password"),
            reply("without any password configured", "Redis has no password: remove redis.password"),
            reply(RedisErrors.ACL_DENIAL, DENIAL, "the ACL user lacks a right: see docs/operations.md"),
            reply("READONLY", "Redis is a replica: let redis.url address the master, or use Sentinel"),
            reply("MASTERDOWN", "Redis is a replica without a master: let redis.url address the master"),
            reply("LOADING", "Redis is reading its data from disk: wait"),
            reply("MISCONF", "Redis cannot save to its disk: free space, or turn its persistence off"),
            reply("NOREPLICAS", "Redis has fewer replicas than min-replicas-to-write: repair the replicas"),
            reply("CLUSTERDOWN", "the Cluster does not serve all slots: repair its masters"),
            reply("BUSY", "a script has been running for long: see SLOWLOG GET"),
            reply("max number of clients reached", "raise maxclients of Redis, or lower redis.connections"),
            reply("DB index is out of range", "Redis has no such database: correct the end of redis.url"),
            network("NotSslRecord", "no TLS", "Redis speaks no TLS at this port: use redis://, or its TLS port"),
            network(
                    "No subject alternative|No name matching",
                    "certificate of another host",
                    "the certificate does not name the host in redis.url: correct it, or set redis.tls_server_name"),
            network(
                    "certificate_required|bad_certificate|handshake_failure",
                    "client certificate",
                    "Redis rejects the certificate of this server: set redis.tls_certificate and redis.tls_key"),
            network(
                    "PKIX|CertificateException|SSLHandshakeException|certificate_unknown|unknown_ca",
                    "certificate",
                    "the certificate of Redis is not trusted: set redis.tls_ca to its authority"),
            network("SSLException", "TLS", "no TLS connection can be made: compare the TLS settings of both sides"),
            network("Connection refused", "connection refused", "nothing listens at this address: start Redis"),
            network("UnknownHost", "unknown host", "the name in redis.url cannot be resolved"),
            network("No route to host|Network is unreachable", "no route", "repair the network, or correct redis.url"),
            network(
                    "Timeout|did not respond in time",
                    "timeout",
                    "Redis did not reply: check Redis, the network, and whether both sides use TLS; replies must take less than 550 ms"));

    /** Redis closes a connection that it does not want, or ended. */
    private static final OutageCause CLOSED =
            new OutageCause("connection closed", "Redis ended, or it expects TLS: then use rediss://", false);

    private static final OutageCause NOT_CONNECTED =
            new OutageCause("not connected yet", "the first connection is being made", false);

    /** Names what an ACL denies: {@code run the 'client|setname' command}, or {@code one of the channels used}. */
    private static final Pattern DENIED =
            Pattern.compile("run the '([a-z|]+)' command|one of the (keys|channels) used");

    private static final Pattern ERROR_CODE = Pattern.compile("^([A-Z]{3,}) ");

    private static Row reply(String word, String hint) {
        return reply(word, word, hint);
    }

    private static Row reply(String pattern, String word, String hint) {
        return new Row(Pattern.compile(pattern), word, hint, true);
    }

    private static Row network(String pattern, String word, String hint) {
        return new Row(Pattern.compile(pattern), word, hint, false);
    }

    /** The rows of the table in the documents. */
    static List<String> table() {
        return Stream.concat(
                        ROWS.stream().map(row -> new OutageCause(row.word(), row.hint(), row.reply())),
                        Stream.of(CLOSED))
                .map(cause -> "| `" + cause.word() + "` | " + cause.hint() + " |")
                .toList();
    }

    static OutageCause notConnected() {
        return NOT_CONNECTED;
    }

    /** For an error in the reply to a command. */
    static OutageCause ofReply(String command, String error) {
        OutageCause cause = ofText(error);
        if (cause != null) {
            return cause.denying(command);
        }
        Matcher code = ERROR_CODE.matcher(error);
        return new OutageCause(code.find() ? code.group(1) : OTHER_ERROR, "Redis rejects " + command, true);
    }

    /** For a failure to connect, or to send a command and receive its reply. */
    static OutageCause of(Throwable thrown) {
        StringBuilder chain = new StringBuilder();
        Throwable next = thrown;
        for (int depth = 0; next != null && depth < 20; depth++, next = next.getCause()) {
            chain.append(next.getClass().getSimpleName())
                    .append(' ')
                    .append(next.getMessage())
                    .append('\n');
        }
        String text = chain.toString();
        OutageCause cause = ofText(text);
        if (cause == null) {
            return CLOSED;
        }
        Matcher denied = DENIED.matcher(text);
        if (!denied.find()) {
            return cause;
        }
        String command = denied.group(1);
        return cause.denying(command == null ? denied.group(2) : command.toUpperCase(Locale.ROOT));
    }

    /** The word as a label of metrics: one of the table, or ERR for an error code that it does not have. */
    String label() {
        if (word.startsWith(DENIAL)) {
            return DENIAL;
        }
        boolean known =
                equals(CLOSED) || ROWS.stream().anyMatch(row -> row.word().equals(word));
        return known ? word : OTHER_ERROR;
    }

    private OutageCause denying(String right) {
        return word.equals(DENIAL) ? new OutageCause(word + " for " + right, hint, reply) : this;
    }

    private static @Nullable OutageCause ofText(String text) {
        for (Row row : ROWS) {
            if (row.pattern().matcher(text).find()) {
                return new OutageCause(row.word(), row.hint(), row.reply());
            }
        }
        return null;
    }

    /** Whether this connection leads to a server that is no master any more, although another one may be. */
    boolean isReplica() {
        return word.equals("READONLY") || word.equals("MASTERDOWN");
    }

    @Override
    public String toString() {
        return word + " (" + hint + ")";
    }
}
