package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.ClearSessionFlagRequest;
import io.flowhub.ephemeral.v1.ClearSessionFlagResponse;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagResponse;
import io.flowhub.ephemeral.v1.GetSessionFlagRequest;
import io.flowhub.ephemeral.v1.GetSessionFlagResponse;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The gRPC service of session flags: validates requests, calls the store, builds responses. */
final class SessionService extends SessionServiceGrpc.SessionServiceImplBase {

    /** Only VerifyOtp sets this flag, which proves that the user entered the right code. */
    private static final String OTP_VALID = "otp_valid";

    private static final Duration MIN_TTL = Duration.ofMinutes(5);
    private static final Duration MAX_TTL = Duration.ofMinutes(30);
    private static final Duration DEFAULT_TTL = MIN_TTL;

    private final SessionStore store;
    private final SessionMetrics metrics;

    SessionService(SessionStore store, SessionMetrics metrics) {
        this.store = store;
        this.metrics = metrics;
    }

    @Override
    public void setSessionFlag(SetSessionFlagRequest request, StreamObserver<SetSessionFlagResponse> observer) {
        UnaryCalls.respond(observer, () -> set(request), expireMillis -> {
            metrics.onSet();
            return SetSessionFlagResponse.newBuilder()
                    .setExpireTime(ProtoTime.timestamp(expireMillis))
                    .build();
        });
    }

    private CompletableFuture<Long> set(SetSessionFlagRequest request) {
        long ttlMillis = request.hasTtl()
                ? ProtoTime.ttlMillis("ttl", request.getTtl(), MIN_TTL, MAX_TTL)
                : DEFAULT_TTL.toMillis();
        SessionFlagId id = id(request.getUserId(), request.getFlag());
        if (id.name().equals(OTP_VALID)) {
            throw new InvalidFieldException(
                    "flag", OTP_VALID, "a name other than " + OTP_VALID + ", which VerifyOtp sets");
        }
        return store.set(id, ValueValidator.check("value", request.getValue()), ttlMillis);
    }

    @Override
    public void getSessionFlag(GetSessionFlagRequest request, StreamObserver<GetSessionFlagResponse> observer) {
        UnaryCalls.respond(observer, () -> store.get(id(request.getUserId(), request.getFlag())), this::getResponse);
    }

    @Override
    public void consumeSessionFlag(
            ConsumeSessionFlagRequest request, StreamObserver<ConsumeSessionFlagResponse> observer) {
        UnaryCalls.respond(observer, () -> consume(request), consumed -> {
            metrics.onConsume(consumed.present());
            return ConsumeSessionFlagResponse.newBuilder()
                    .setConsumed(consumed.present())
                    .setValue(consumed.value())
                    .build();
        });
    }

    private CompletableFuture<SessionFlag> consume(ConsumeSessionFlagRequest request) {
        SessionFlagId id = id(request.getUserId(), request.getFlag());
        return request.hasExpectedValue()
                ? store.consume(id, ValueValidator.check("expected_value", request.getExpectedValue()))
                : store.consume(id);
    }

    @Override
    public void clearSessionFlag(ClearSessionFlagRequest request, StreamObserver<ClearSessionFlagResponse> observer) {
        UnaryCalls.respond(observer, () -> store.clear(id(request.getUserId(), request.getFlag())), cleared -> {
            metrics.onClear(cleared);
            return ClearSessionFlagResponse.newBuilder().setCleared(cleared).build();
        });
    }

    private static SessionFlagId id(String userId, String flag) {
        return new SessionFlagId(IdValidator.check("user_id", userId), IdValidator.check("flag", flag));
    }

    private GetSessionFlagResponse getResponse(SessionFlag flag) {
        metrics.onGet(flag.present());
        GetSessionFlagResponse.Builder response =
                GetSessionFlagResponse.newBuilder().setFound(flag.present()).setValue(flag.value());
        if (flag.present()) {
            response.setExpiresIn(ProtoTime.duration(flag.ttlMillis()));
        }
        return response.build();
    }
}
