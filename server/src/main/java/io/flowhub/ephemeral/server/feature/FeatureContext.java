package io.flowhub.ephemeral.server.feature;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import java.util.List;

/**
 * What the server provides to its features.
 *
 * @param keyKinds the kinds of state of all features
 */
public record FeatureContext(
        RedisClient redis,
        RedisSettings redisSettings,
        Ticker ticker,
        StreamCalls streams,
        StreamMemory streamMemory,
        MemoryPressure memoryPressure,
        List<KeyKind> keyKinds) {

    public FeatureContext {
        keyKinds = List.copyOf(keyKinds);
    }
}
