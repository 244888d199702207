package io.flowhub.ephemeral.server.flagd;

import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.server.flag.FlagStore;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import java.util.List;

/** The evaluation protocols of flagd, by which OpenFeature providers read feature flags. */
public final class FlagdFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "flagd",
            List.of(
                    io.flowhub.ephemeral.flagd.v1.ServiceGrpc.getServiceDescriptor(),
                    io.flowhub.ephemeral.flagd.v2.ServiceGrpc.getServiceDescriptor()),
            FlagdSettings.GROUP,
            List.of(),
            FlagdFeature::start);

    private static Feature<FlagdSettings> start(FlagdSettings settings, FeatureContext context) {
        FlagStore store = new FlagStore(context.redis(), context.memoryPressure());
        FlagChangeHub hub =
                new FlagChangeHub(context.streamMemory(), context.fanoutMetrics(), FlagChangeHub.KEEP_ALIVE_INTERVAL);
        store.announcements().subscribe(hub);
        FlagEvaluator evaluator = new FlagEvaluator(store, new FlagdMetrics(context.metrics()), settings.features());
        List<BindableService> services = List.of(
                withoutRetries(new EvaluationV1Service(evaluator, hub, context.streams())),
                withoutRetries(new EvaluationV2Service(evaluator, hub, context.streams())));
        return Feature.<FlagdSettings>of(services)
                .onReload(changed -> evaluator.setFeatures(changed.features()))
                .onClose(hub::close);
    }

    private static BindableService withoutRetries(BindableService service) {
        return () -> ServerInterceptors.intercept(service, new NoRetries());
    }

    private FlagdFeature() {}
}
