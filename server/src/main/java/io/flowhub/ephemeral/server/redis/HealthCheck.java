package io.flowhub.ephemeral.server.redis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.redisson.api.RedissonClient;
import org.redisson.api.redisnode.RedisNodeAsync;
import org.redisson.api.redisnode.RedisNodes;
import org.redisson.config.Config;

/** Whether Redis responds to PING. On a Cluster one master is enough: the calls to the others fail by themselves. */
final class HealthCheck {

    private static final long TIMEOUT_MILLIS = 400;

    /** Pings each master; completes, never exceptionally, with whether one of them responded in time. */
    static CompletionStage<Boolean> ping(RedissonClient client) {
        List<CompletableFuture<Boolean>> pongs = new ArrayList<>();
        try {
            for (RedisNodeAsync master : masters(client)) {
                pongs.add(master.pingAsync(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                        .toCompletableFuture()
                        .exceptionally(e -> false));
            }
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Boolean> any = CompletableFuture.completedFuture(false);
        for (CompletableFuture<Boolean> pong : pongs) {
            any = any.thenCombine(pong, Boolean::logicalOr);
        }
        return any;
    }

    private static Collection<? extends RedisNodeAsync> masters(RedissonClient client) {
        Config config = client.getConfig();
        if (config.isClusterConfig()) {
            return client.getRedisNodes(RedisNodes.CLUSTER).getMasters();
        }
        if (config.isSentinelConfig()) {
            return List.of(
                    client.getRedisNodes(RedisNodes.SENTINEL_MASTER_SLAVE).getMaster());
        }
        if (config.isSingleConfig()) {
            return List.of(client.getRedisNodes(RedisNodes.SINGLE).getInstance());
        }
        return List.of(client.getRedisNodes(RedisNodes.MASTER_SLAVE).getMaster());
    }

    private HealthCheck() {}
}
