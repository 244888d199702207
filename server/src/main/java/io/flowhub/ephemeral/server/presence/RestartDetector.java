package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Detects restarts of Redis by the run ids of the masters. A restart may be over before a health check fails, but the new
 * process has no key of an online user until the next heartbeat of that user.
 */
final class RestartDetector {

    private static final Script RUN_ID = Script.load("presence/run_id");

    private final RedisClient redis;
    private Set<String> lastRunIds = Set.of();

    RestartDetector(RedisClient redis) {
        this.redis = redis;
    }

    /** Returns whether a master has a run id that no master had at the last check. False at the first check. */
    CompletableFuture<Boolean> checkForRestart() {
        List<CompletableFuture<String>> runIds =
                redis.keyPerMaster().stream().map(this::runId).toList();
        return Futures.allAsList(runIds).thenApply(ids -> update(Set.copyOf(ids)));
    }

    private CompletableFuture<String> runId(String keyOfMaster) {
        return redis.callUncancellable(
                new Operation<>(RUN_ID, List.of(keyOfMaster), List.of(), reply -> reply.text(1)));
    }

    private synchronized boolean update(Set<String> runIds) {
        boolean restarted = !lastRunIds.isEmpty() && !lastRunIds.containsAll(runIds);
        lastRunIds = runIds;
        return restarted;
    }
}
