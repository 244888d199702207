package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import java.util.List;

/** The broadcast feature: messages to all subscribers of a room. Stores nothing. */
public final class BroadcastFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "broadcast",
            BroadcastServiceGrpc.getServiceDescriptor(),
            SettingsGroup.none(),
            List.of(),
            BroadcastFeature::start);

    private static Feature<SettingsGroup.None> start(SettingsGroup.None settings, FeatureContext context) {
        BroadcastHub hub = new BroadcastHub(context.streamMemory());
        hub.measure(context.fanoutMetrics());
        BroadcastMetrics metrics = new BroadcastMetrics(context.metrics());
        BroadcastBroker broker = BroadcastBroker.open(context.redis(), hub, metrics);
        return Feature.<SettingsGroup.None>of(new BroadcastService(broker, hub, context.streams(), metrics))
                .onClose(broker::close);
    }

    private BroadcastFeature() {}
}
