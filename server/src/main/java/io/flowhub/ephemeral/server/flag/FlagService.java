package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ItemErrors;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.BatchGetFlagsRequest;
import io.flowhub.ephemeral.v1.BatchGetFlagsResponse;
import io.flowhub.ephemeral.v1.ClearFlagRequest;
import io.flowhub.ephemeral.v1.ClearFlagResponse;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetFlagResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The RPCs of feature flags: checks requests and builds responses. */
final class FlagService extends FeatureFlagServiceGrpc.FeatureFlagServiceImplBase {

    private static final int MAX_FLAGS = 100;
    private static final Duration MIN_TTL = Duration.ofSeconds(1);
    private static final Duration MAX_TTL = Duration.ofHours(24);

    private final FlagStore store;
    private final FlagMetrics metrics;

    FlagService(FlagStore store, FlagMetrics metrics) {
        this.store = store;
        this.metrics = metrics;
    }

    @Override
    public void setFlag(SetFlagRequest request, StreamObserver<SetFlagResponse> observer) {
        UnaryCalls.respond(observer, () -> set(request), expireMillis -> {
            metrics.onSet();
            return SetFlagResponse.newBuilder()
                    .setExpireTime(ProtoTime.timestamp(expireMillis))
                    .build();
        });
    }

    private CompletableFuture<Long> set(SetFlagRequest request) {
        long ttlMillis =
                request.hasTtl() ? ProtoTime.ttlMillis("ttl", request.getTtl(), MIN_TTL, MAX_TTL) : MAX_TTL.toMillis();
        String feature = IdValidator.check("feature", request.getFeature());
        String userId = IdValidator.check("user_id", request.getUserId());
        return store.set(feature, userId, ValueValidator.check("value", request.getValue()), ttlMillis);
    }

    @Override
    public void getFlag(GetFlagRequest request, StreamObserver<GetFlagResponse> observer) {
        UnaryCalls.respond(observer, () -> store.get(FlagMessages.query("", request)), this::getResponse);
    }

    @Override
    public void clearFlag(ClearFlagRequest request, StreamObserver<ClearFlagResponse> observer) {
        UnaryCalls.respond(observer, () -> clear(request), cleared -> {
            metrics.onClear(cleared);
            return ClearFlagResponse.newBuilder().setCleared(cleared).build();
        });
    }

    private CompletableFuture<Boolean> clear(ClearFlagRequest request) {
        String feature = IdValidator.check("feature", request.getFeature());
        return store.clear(feature, IdValidator.check("user_id", request.getUserId()));
    }

    private GetFlagResponse getResponse(FlagResult result) {
        metrics.onGet(result);
        return FlagMessages.response(result);
    }

    @Override
    public void batchGetFlags(BatchGetFlagsRequest request, StreamObserver<BatchGetFlagsResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> getAll(queries(request)),
                results -> BatchGetFlagsResponse.newBuilder()
                        .addAllResults(results)
                        .build());
    }

    private static List<FlagQuery> queries(BatchGetFlagsRequest request) {
        int count = request.getRequestsCount();
        ValueValidator.checkSize("requests", count, MAX_FLAGS, "flags");
        List<FlagQuery> queries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            queries.add(FlagMessages.query("requests[" + i + "].", request.getRequests(i)));
        }
        return queries;
    }

    private CompletableFuture<List<GetFlagResponse>> getAll(List<FlagQuery> queries) {
        ItemErrors errors = new ItemErrors(FeatureFlagServiceGrpc.getBatchGetFlagsMethod());
        return Futures.allSettled(
                queries.stream()
                        .map(query -> store.get(query).thenApply(this::getResponse))
                        .toList(),
                failure -> {
                    metrics.onGet(new FlagResult.Failed("", failure));
                    return FlagMessages.error("", errors.reason(failure));
                });
    }
}
