package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Struct;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.flag.FlagQuery;
import io.flowhub.ephemeral.server.flag.FlagResult;
import io.flowhub.ephemeral.server.flag.FlagStore;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Reads the flags of a user as values of the types that providers request. */
final class FlagEvaluator {

    private final FlagStore store;
    private final FlagdMetrics metrics;

    /** Of ResolveAll. */
    private volatile List<String> features;

    FlagEvaluator(FlagStore store, FlagdMetrics metrics, List<String> features) {
        this.store = store;
        this.metrics = metrics;
        this.features = features;
    }

    void setFeatures(List<String> changed) {
        features = changed;
    }

    /** The result fails if the flag is set to a value of another type. */
    <T> CompletableFuture<Resolution<T>> resolve(String flagKey, Struct context, FlagType<T> type) {
        String feature = IdValidator.check("flag_key", flagKey);
        String userId = TargetingKey.of(context);
        return store.get(FlagQuery.of(feature, userId)).thenApply(result -> resolution(feature, result, type));
    }

    private <T> Resolution<T> resolution(String feature, FlagResult result, FlagType<T> type) {
        if (!(result instanceof FlagResult.Set set)) {
            metrics.count(FlagdMetrics.Result.DEFAULT);
            return Resolution.unset();
        }
        T value = type.parser().apply(set.value());
        if (value == null) {
            metrics.count(FlagdMetrics.Result.TYPE_MISMATCH);
            throw new InvalidFieldException(
                    "flag_key", feature, "a flag whose value is " + type.rule() + "; TYPE_MISMATCH");
        }
        metrics.count(FlagdMetrics.Result.TARGETING_MATCH);
        return Resolution.of(value, set);
    }

    /** The flags of the configured features that are set for a user, by feature. */
    CompletableFuture<Map<String, FlagResult.Set>> resolveAll(Struct context) {
        String userId = TargetingKey.of(context);
        List<String> all = features;
        List<FlagQuery> queries =
                all.stream().map(feature -> FlagQuery.of(feature, userId)).toList();
        return store.getAll(queries).thenApply(results -> set(all, results));
    }

    private Map<String, FlagResult.Set> set(List<String> all, List<FlagResult> results) {
        Map<String, FlagResult.Set> flags = new LinkedHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i) instanceof FlagResult.Set set) {
                metrics.count(FlagdMetrics.Result.TARGETING_MATCH);
                flags.put(all.get(i), set);
            }
        }
        return flags;
    }
}
