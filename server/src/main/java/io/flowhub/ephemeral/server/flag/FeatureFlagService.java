package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.redis.KeyNames;
import io.flowhub.ephemeral.server.rpc.Batch;
import io.flowhub.ephemeral.server.rpc.Ids;
import io.flowhub.ephemeral.server.rpc.Times;
import io.flowhub.ephemeral.server.rpc.Unary;
import io.flowhub.ephemeral.server.rpc.Values;
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
import java.util.function.BooleanSupplier;

/** The contract of feature flags: checks what comes in, writes what goes out. */
public final class FeatureFlagService extends FeatureFlagServiceGrpc.FeatureFlagServiceImplBase {

    private static final int MAX_FLAGS = 100;
    private static final Duration MIN_TTL = Duration.ofSeconds(1);
    private static final Duration MAX_TTL = Duration.ofHours(24);

    private final FeatureFlags flags;

    public FeatureFlagService(FeatureFlags flags) {
        this.flags = flags;
    }

    @Override
    public void setFlag(SetFlagRequest request, StreamObserver<SetFlagResponse> observer) {
        Unary.answer(
                observer,
                callerGone -> set(request, callerGone),
                endMillis -> SetFlagResponse.newBuilder()
                        .setExpireTime(Times.timestamp(endMillis))
                        .build());
    }

    private CompletableFuture<Long> set(SetFlagRequest request, BooleanSupplier callerGone) {
        long ttlMillis =
                request.hasTtl() ? Times.ttlMillis("ttl", request.getTtl(), MIN_TTL, MAX_TTL) : MAX_TTL.toMillis();
        String key = key(request.getFeature(), request.getUserId());
        return flags.set(key, Values.check("value", request.getValue()), ttlMillis, callerGone);
    }

    @Override
    public void getFlag(GetFlagRequest request, StreamObserver<GetFlagResponse> observer) {
        Unary.answer(observer, callerGone -> flags.get(Question.of("", request), callerGone), answer -> answer);
    }

    @Override
    public void clearFlag(ClearFlagRequest request, StreamObserver<ClearFlagResponse> observer) {
        Unary.answer(
                observer,
                callerGone -> flags.clear(key(request.getFeature(), request.getUserId()), callerGone),
                cleared -> ClearFlagResponse.newBuilder().setCleared(cleared).build());
    }

    @Override
    public void batchGetFlags(BatchGetFlagsRequest request, StreamObserver<BatchGetFlagsResponse> observer) {
        Unary.answer(
                observer,
                callerGone -> getAll(questions(request), callerGone),
                results -> BatchGetFlagsResponse.newBuilder()
                        .addAllResults(results)
                        .build());
    }

    private static List<Question> questions(BatchGetFlagsRequest request) {
        int count = request.getRequestsCount();
        Batch.checkSize("requests", count, MAX_FLAGS, "flags");
        List<Question> questions = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            questions.add(Question.of("requests[" + i + "].", request.getRequests(i)));
        }
        return questions;
    }

    private CompletableFuture<List<GetFlagResponse>> getAll(List<Question> questions, BooleanSupplier callerGone) {
        return Batch.independent(
                questions.stream()
                        .map(question -> flags.get(question, callerGone))
                        .toList(),
                failure -> FeatureFlags.error("", failure));
    }

    private static String key(String feature, String userId) {
        return KeyNames.flag(Ids.check("feature", feature), Ids.check("user_id", userId));
    }
}
