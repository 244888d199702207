package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import java.util.List;

/** Feature flags. */
public final class FlagFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "flag",
            FeatureFlagServiceGrpc.getServiceDescriptor(),
            SettingsGroup.none(),
            List.of(FlagKeys.KIND),
            FlagFeature::start);

    private static Feature<SettingsGroup.None> start(SettingsGroup.None settings, FeatureContext context) {
        return Feature.of(new FlagService(
                new FlagStore(context.redis(), context.memoryPressure()), new FlagMetrics(context.metrics())));
    }

    private FlagFeature() {}
}
