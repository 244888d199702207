package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Envoy's rate limit service. Not served without a directory of rules. */
public final class RlsFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "rls", RateLimitServiceGrpc.getServiceDescriptor(), RlsSettings.GROUP, List.of(), RlsFeature::start);

    private static Feature<RlsSettings> start(RlsSettings settings, FeatureContext context) throws IOException {
        Path config = settings.config();
        if (config == null) {
            return Feature.off();
        }
        RuleDirectory rules = open(config, settings, context);
        RlsService service = new RlsService(
                rules::table,
                new LimitResolver(settings, new RuleMetrics(context.metrics())),
                new RlsStore(settings, context.redis(), context.ticker()),
                new RlsResponses(settings));
        return Feature.<RlsSettings>of(service).onClose(rules::close);
    }

    private static RuleDirectory open(Path config, RlsSettings settings, FeatureContext context) throws IOException {
        try {
            return RuleDirectory.open(
                    config,
                    settings.loader(),
                    new RuleLoads(context.metrics(), context.reloads().of("rls")));
        } catch (ConfigException e) {
            throw new IOException(e.getMessage(), e);
        }
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
