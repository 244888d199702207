package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import java.util.List;

/** Envoy's rate limit service. Not served without a directory of rules. */
public final class RlsFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "rls", RateLimitServiceGrpc.getServiceDescriptor(), RlsSettings.GROUP, List.of(), RlsFeature::start);

    private static Feature<RlsSettings> start(RlsSettings settings, FeatureContext context) {
        return settings.config() == null ? Feature.off() : Feature.of(new RlsService());
    }

    /** Reports what the start would reject in the directory of rules. */
    public static void check(Settings all, Problems problems) {
        RlsSettings settings = all.get(RlsSettings.GROUP);
        if (settings.config() != null) {
            RuleDirectory.check(settings.config(), settings.loader(), problems);
        }
    }

    private RlsFeature() {}
}
