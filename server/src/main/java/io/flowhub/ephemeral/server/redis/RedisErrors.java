package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.redisson.client.RedisException;
import org.redisson.client.RedisNoScriptException;
import org.redisson.client.RedisOutOfMemoryException;
import org.redisson.client.RedisTimeoutException;
import org.redisson.client.RedisTryAgainException;

/** Maps errors of Redis and Redisson. Their messages are not passed on: they contain keys and arguments. */
final class RedisErrors {

    /** The error code, also inside the text that Redis 6.2 returns for an error within a script. */
    private static final Pattern CODE = Pattern.compile("\\b[A-Z]{3,}\\b");

    /** The start of an error reply. Redisson's own messages are sentences. */
    private static final Pattern ERROR_REPLY = Pattern.compile("[A-Z]{3,} ");

    /** The command in a message of Redisson: one that {@link BatchCommands} sends. */
    private static final Pattern BATCH_COMMAND = Pattern.compile("\\((EVAL|MGET)");

    /** What the ACL denies. Inside a script, the error code of Redis 7 and 8 is ERR then. */
    static final String ACL_DENIAL = "NOPERM|user executing the script can't|ACL failure in script";

    private static final Pattern DENIED = Pattern.compile(ACL_DENIAL);

    private static final String OUT_OF_MEMORY = "OOM";

    /** Errors that end without intervention: a failover, a restart, a moved slot, a script that runs too long. */
    private static final Set<String> UNAVAILABLE = Set.of(
            "READONLY",
            "LOADING",
            "MASTERDOWN",
            "CLUSTERDOWN",
            "MISCONF",
            "NOAUTH",
            "TRYAGAIN",
            "MOVED",
            "ASK",
            "BUSY",
            "NOREPLICAS",
            "UNBLOCKED");

    static ServiceException ofText(String text) {
        String code = code(text);
        if (code.equals(OUT_OF_MEMORY)) {
            return full();
        }
        return UNAVAILABLE.contains(code)
                ? new RedisUnavailableException("Redis replied " + code)
                : new RedisRejectedException(code, null);
    }

    /** Whether a reply puts into question that Redis accepts writes of this server. */
    static boolean questionsWrites(ServiceException failure) {
        return failure instanceof RedisUnavailableException
                || (failure instanceof RedisRejectedException rejected
                        && "NOPERM".equals(rejected.metadata().get("redis_error")));
    }

    static boolean isOutOfMemory(String error) {
        return code(error).equals(OUT_OF_MEMORY);
    }

    /** A script fails at its first write then, so the call had no effect. */
    private static BudgetFullException full() {
        return new BudgetFullException("Redis is out of memory");
    }

    /** For an exception of Redisson: an error reply, or a failure of the connection. */
    static ServiceException of(Throwable thrown) {
        Throwable cause = unwrap(thrown);
        if (cause instanceof ServiceException failure) {
            return failure;
        }
        if (cause instanceof RedisOutOfMemoryException) {
            return full();
        }
        if (isReply(cause)) {
            String code = code(String.valueOf(cause.getMessage()));
            return UNAVAILABLE.contains(code)
                    ? new RedisUnavailableException("Redis replied " + code, cause)
                    : new RedisRejectedException(code, cause);
        }
        boolean timedOut = cause instanceof TimeoutException || cause instanceof RedisTimeoutException;
        return new RedisUnavailableException(
                timedOut ? "Redis did not respond in time" : "the connection to Redis failed", cause);
    }

    /** Whether Redis replied to a command of a batch, with an error: not so if it rejected the connection. */
    static boolean isReply(Throwable thrown) {
        Throwable cause = unwrap(thrown);
        String message = String.valueOf(cause.getMessage());
        return cause instanceof RedisException
                && ERROR_REPLY.matcher(message).lookingAt()
                && BATCH_COMMAND.matcher(message).find();
    }

    /** The script is not in the script cache of Redis, which was flushed or restarted. Nothing ran. */
    static boolean isNoScript(Throwable thrown) {
        return unwrap(thrown) instanceof RedisNoScriptException;
    }

    /** The keys of the call are on two masters, because their slot is moving. Nothing ran. */
    static boolean isTryAgain(Throwable thrown) {
        return unwrap(thrown) instanceof RedisTryAgainException;
    }

    private static String code(String text) {
        if (DENIED.matcher(text).find()) {
            return "NOPERM";
        }
        Matcher matcher = CODE.matcher(text);
        return matcher.find() ? matcher.group() : "ERR";
    }

    private static Throwable unwrap(Throwable thrown) {
        return thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
    }

    private RedisErrors() {}
}
