package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import java.util.List;

/** Typing indicators. */
public final class TypingFeature {

    public static final FeatureDefinition<?> DEFINITION =
            new FeatureDefinition<>("typing", SettingsGroup.none(), List.of(TypingKeys.KIND), TypingFeature::start);

    private static Feature<SettingsGroup.None> start(SettingsGroup.None settings, FeatureContext context) {
        TypingStore store = new TypingStore(context.redis(), context.ticker());
        return Feature.<SettingsGroup.None>of(new TypingService(store, context.streams()))
                .onClose(store::close);
    }

    private TypingFeature() {}
}
