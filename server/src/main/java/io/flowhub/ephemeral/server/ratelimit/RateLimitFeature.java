package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import java.util.List;

/** Rate limits. */
public final class RateLimitFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "ratelimit",
            RateLimitServiceGrpc.getServiceDescriptor(),
            RateLimitSettings.GROUP,
            List.of(RateLimitKeys.KIND),
            RateLimitFeature::start);

    private static Feature<RateLimitSettings> start(RateLimitSettings settings, FeatureContext context) {
        RateLimitStore store =
                new RateLimitStore(settings, new RateMetrics(context.metrics()), context.redis(), context.ticker());
        return Feature.<RateLimitSettings>of(new RateLimitService(store)).onReload(store::reload);
    }

    private RateLimitFeature() {}
}
