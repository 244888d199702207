package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import java.util.List;

/** Cached users and products. */
public final class CacheFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "cache",
            CacheServiceGrpc.getServiceDescriptor(),
            CacheSettings.GROUP,
            List.of(CacheKeys.USER, CacheKeys.PRODUCT),
            CacheFeature::start);

    private static Feature<CacheSettings> start(CacheSettings settings, FeatureContext context) {
        CacheStore store = new CacheStore(settings, context.redis(), context.memoryPressure());
        return Feature.of(new CacheService(store, new CacheMetrics(context.metrics())));
    }

    private CacheFeature() {}
}
