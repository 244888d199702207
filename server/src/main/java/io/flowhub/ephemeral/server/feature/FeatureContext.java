package io.flowhub.ephemeral.server.feature;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;

/**
 * What the server provides to its features.
 *
 * @param metrics where a feature registers its metrics, once, when it starts
 * @param reloads counts the reloads of a file that a feature watches
 * @param keyKinds the kinds of state of all features
 */
public record FeatureContext(
        RedisClient redis,
        RedisSettings redisSettings,
        Ticker ticker,
        StreamCalls streams,
        StreamMemory streamMemory,
        FanoutMetrics fanoutMetrics,
        MemoryPressure memoryPressure,
        PrometheusRegistry metrics,
        ReloadMetrics reloads,
        List<KeyKind> keyKinds) {

    public FeatureContext {
        keyKinds = List.copyOf(keyKinds);
    }
}
