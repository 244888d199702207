package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Which runs of Redis there are, one a master. A restart may be over before anybody noticed that Redis was away; but whoever
 * was online is not in the new run until his next heartbeat.
 */
final class RestartDetector {

    private static final Script RUN_ID = Script.load("presence/run_id");

    private final RedisClient redis;
    private Set<String> known = Set.of();

    RestartDetector(RedisClient redis) {
        this.redis = redis;
    }

    /** Whether there is one that there was not when this was last asked. */
    CompletableFuture<Boolean> hasNew() {
        List<CompletableFuture<String>> ids = redis.keyPerMaster().stream()
                .map(key -> redis.callUncancellable(
                        new Operation<>(RUN_ID, List.of(key), List.of(), reply -> reply.text(1))))
                .toList();
        return Futures.allAsList(ids).thenApply(now -> hasNew(Set.copyOf(now)));
    }

    private synchronized boolean hasNew(Set<String> now) {
        boolean hasNew = !known.isEmpty() && !known.containsAll(now);
        known = now;
        return hasNew;
    }
}
