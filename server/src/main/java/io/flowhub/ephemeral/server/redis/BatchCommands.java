package io.flowhub.ephemeral.server.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.redisson.Redisson;
import org.redisson.api.RFuture;
import org.redisson.api.RScript;
import org.redisson.api.RScriptAsync;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.api.options.OptionalParams;
import org.redisson.client.codec.StringCodec;
import org.redisson.client.protocol.RedisCommands;
import org.redisson.command.CommandAsyncExecutor;

/** The commands of a {@link BatchCall}. Each is sent once, to the master of its keys, and never retried. */
final class BatchCommands {

    private static final RScript.Mode WRITES = RScript.Mode.READ_WRITE;
    private static final RScript.ReturnType LIST = RScript.ReturnType.LIST;

    private final RScriptAsync scripts;
    private final CommandAsyncExecutor executor;

    BatchCommands(RedissonClient client, Duration timeout) {
        // Overrides a Redisson file: a retry after a late reply would run the script twice.
        OptionalOptions options = OptionalOptions.defaults()
                .codec(StringCodec.INSTANCE)
                .retryAttempts(0)
                .timeout(timeout);
        this.scripts = client.getScript(options);
        this.executor = ((Redisson) client).getCommandExecutor().copy((OptionalParams) options);
    }

    /** Runs a script that Redis has in its cache. */
    CompletableFuture<List<Object>> evalSha(Script script, List<Object> keys, Object[] args) {
        RFuture<List<Object>> reply = scripts.evalShaAsync(first(keys), WRITES, script.sha1(), LIST, keys, args);
        return reply.toCompletableFuture();
    }

    /** Runs a script and adds it to the script cache of Redis. */
    CompletableFuture<List<Object>> eval(Script script, List<Object> keys, Object[] args) {
        RFuture<List<Object>> reply = scripts.evalAsync(first(keys), WRITES, script.source(), LIST, keys, args);
        return reply.toCompletableFuture();
    }

    /** Reads the texts of keys: null for one that is missing or holds another type. */
    CompletableFuture<List<Object>> mget(List<Object> keys) {
        RFuture<List<Object>> reply =
                executor.writeAsync(first(keys), StringCodec.INSTANCE, RedisCommands.MGET, keys.toArray());
        return reply.toCompletableFuture();
    }

    private static String first(List<Object> keys) {
        return (String) keys.get(0);
    }
}
