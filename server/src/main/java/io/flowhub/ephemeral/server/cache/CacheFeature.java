package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import java.util.List;

/** Cached users and products. */
public final class CacheFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "cache", CacheSettings.GROUP, List.of(CacheKeys.USER, CacheKeys.PRODUCT), CacheFeature::start);

    private static Feature<CacheSettings> start(CacheSettings settings, FeatureContext context) {
        CacheStore store = new CacheStore(settings, context.redis(), context.memoryPressure());
        return Feature.of(new CacheService(store));
    }

    private CacheFeature() {}
}
