package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import java.util.List;

/** The memory that Redis uses, in total and per kind. */
public final class BudgetFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "budget", BudgetServiceGrpc.getServiceDescriptor(), BudgetSettings.GROUP, List.of(), BudgetFeature::start);

    private static Feature<BudgetSettings> start(BudgetSettings settings, FeatureContext context) {
        List<String> kinds = context.keyKinds().stream().map(KeyKind::prefix).toList();
        BudgetStore store = new BudgetStore(
                settings,
                kinds,
                context.redis(),
                context.memoryPressure(),
                context.ticker(),
                new BudgetMetrics(context.metrics(), context.ticker()));
        return Feature.<BudgetSettings>of(new BudgetService(store)).onClose(store::close);
    }

    private BudgetFeature() {}
}
