package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import java.util.List;

/** The feature of login tokens. */
public final class TokenFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "token",
            TokenServiceGrpc.getServiceDescriptor(),
            SettingsGroup.none(),
            List.of(TokenKeys.KIND),
            TokenFeature::start);

    private static Feature<SettingsGroup.None> start(SettingsGroup.None settings, FeatureContext context) {
        return Feature.of(new TokenService(
                new TokenStore(context.redis(), context.memoryPressure()), new TokenMetrics(context.metrics())));
    }

    private TokenFeature() {}
}
