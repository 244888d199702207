package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import java.util.List;

/** Which users are online. */
public final class PresenceFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "presence", PresenceSettings.GROUP, List.of(PresenceKeys.KIND), PresenceFeature::start);

    private static Feature<PresenceSettings> start(PresenceSettings settings, FeatureContext context) {
        Presence presence = new Presence(settings, context.redisSettings().maxQueuedCalls(), context.redis());
        return Feature.<PresenceSettings>of(new PresenceService(presence, context.streams()))
                .onClose(presence::close);
    }

    private PresenceFeature() {}
}
