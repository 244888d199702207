package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import java.util.List;

/** The typing feature: which users type in which room. */
public final class TypingFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "typing",
            TypingServiceGrpc.getServiceDescriptor(),
            SettingsGroup.none(),
            List.of(TypingKeys.KIND),
            TypingFeature::start);

    private static Feature<SettingsGroup.None> start(SettingsGroup.None settings, FeatureContext context) {
        TypingStore store = new TypingStore(context.redis(), context.memoryPressure(), context.ticker());
        TypingHub hub = TypingHub.open(context.redis(), store, context.streamMemory());
        hub.measure(context.fanoutMetrics());
        return Feature.<SettingsGroup.None>of(
                        new TypingService(store, hub, context.streams(), new TypingMetrics(context.metrics())))
                .onClose(hub::close);
    }

    private TypingFeature() {}
}
