package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import java.util.List;

/** The feature of session flags. */
public final class SessionFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "session",
            SessionServiceGrpc.getServiceDescriptor(),
            SettingsGroup.none(),
            List.of(SessionKeys.KIND),
            SessionFeature::start);

    private static Feature<SettingsGroup.None> start(SettingsGroup.None settings, FeatureContext context) {
        return Feature.of(new SessionService(
                new SessionStore(context.redis(), context.memoryPressure()), new SessionMetrics(context.metrics())));
    }

    private SessionFeature() {}
}
