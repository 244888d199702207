package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.v1.BatchGetFlagsRequest;
import io.flowhub.ephemeral.v1.BatchGetFlagsResponse;
import io.flowhub.ephemeral.v1.ClearFlagRequest;
import io.flowhub.ephemeral.v1.ClearFlagResponse;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetFlagResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;

/** Feature flags. */
final class InMemoryFeatureFlags extends FeatureFlagServiceGrpc.FeatureFlagServiceImplBase {

    private static final Duration MIN_TTL = Duration.ofSeconds(1);
    private static final Duration MAX_TTL = Duration.ofHours(24);
    private static final int MAX_VALUE_BYTES = 256;

    private final FakeState state;
    private final ExpiringMap<FeatureKey, String> flags;

    InMemoryFeatureFlags(FakeState state) {
        this.state = state;
        this.flags = new ExpiringMap<>(state.clock);
    }

    @Override
    public void setFlag(SetFlagRequest request, StreamObserver<SetFlagResponse> observer) {
        state.answer(request, observer, () -> {
            Duration ttl = FieldRules.ttl(request.getTtl(), MIN_TTL, MAX_TTL, MAX_TTL);
            String value = FieldRules.text("value", request.getValue(), MAX_VALUE_BYTES);
            Instant expiry = flags.put(new FeatureKey(request.getFeature(), request.getUserId()), value, ttl)
                    .expiry();
            return SetFlagResponse.newBuilder()
                    .setExpireTime(TestClock.timestamp(expiry))
                    .build();
        });
    }

    /** With a default, an outage is no error. */
    @Override
    public void getFlag(GetFlagRequest request, StreamObserver<GetFlagResponse> observer) {
        if (state.isUnavailable() && request.hasDefaultValue()) {
            observer.onNext(GetFlagResponse.newBuilder()
                    .setValue(request.getDefaultValue())
                    .setReason(FlagReason.FLAG_REASON_ERROR)
                    .setErrorReason(ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE.name())
                    .build());
            observer.onCompleted();
        } else {
            state.answer(request, observer, () -> read(request));
        }
    }

    @Override
    public void batchGetFlags(BatchGetFlagsRequest request, StreamObserver<BatchGetFlagsResponse> observer) {
        state.answer(
                request,
                observer,
                () -> BatchGetFlagsResponse.newBuilder()
                        .addAllResults(request.getRequestsList().stream()
                                .map(this::read)
                                .toList())
                        .build());
    }

    @Override
    public void clearFlag(ClearFlagRequest request, StreamObserver<ClearFlagResponse> observer) {
        state.answer(
                request,
                observer,
                () -> ClearFlagResponse.newBuilder()
                        .setCleared(flags.remove(new FeatureKey(request.getFeature(), request.getUserId()))
                                .isPresent())
                        .build());
    }

    private GetFlagResponse read(GetFlagRequest request) {
        return flags.find(new FeatureKey(request.getFeature(), request.getUserId()))
                .map(flag -> GetFlagResponse.newBuilder()
                        .setValue(flag.value())
                        .setReason(FlagReason.FLAG_REASON_STATIC)
                        .setExpiresIn(state.clock.until(flag.expiry())))
                .orElseGet(() -> GetFlagResponse.newBuilder()
                        .setValue(request.getDefaultValue())
                        .setReason(FlagReason.FLAG_REASON_DEFAULT))
                .build();
    }

    private record FeatureKey(String feature, String userId) {}
}
