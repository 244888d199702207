package io.flowhub.ephemeral.server.session;

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

/** The contract of session flags: checks what comes in, writes what goes out. */
final class SessionService extends SessionServiceGrpc.SessionServiceImplBase {

    private static final Duration MIN_TTL = Duration.ofMinutes(5);
    private static final Duration MAX_TTL = Duration.ofMinutes(30);

    private final SessionStore flags;

    SessionService(SessionStore flags) {
        this.flags = flags;
    }

    @Override
    public void setSessionFlag(SetSessionFlagRequest request, StreamObserver<SetSessionFlagResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> set(request),
                endMillis -> SetSessionFlagResponse.newBuilder()
                        .setExpireTime(ProtoTime.timestamp(endMillis))
                        .build());
    }

    private CompletableFuture<Long> set(SetSessionFlagRequest request) {
        long ttlMillis =
                request.hasTtl() ? ProtoTime.ttlMillis("ttl", request.getTtl(), MIN_TTL, MAX_TTL) : MIN_TTL.toMillis();
        String key = key(request.getUserId(), request.getFlag());
        return flags.set(key, ValueValidator.check("value", request.getValue()), ttlMillis);
    }

    @Override
    public void getSessionFlag(GetSessionFlagRequest request, StreamObserver<GetSessionFlagResponse> observer) {
        UnaryCalls.respond(
                observer, () -> flags.get(key(request.getUserId(), request.getFlag())), SessionService::found);
    }

    @Override
    public void consumeSessionFlag(
            ConsumeSessionFlagRequest request, StreamObserver<ConsumeSessionFlagResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> consume(request),
                taken -> ConsumeSessionFlagResponse.newBuilder()
                        .setConsumed(taken.there())
                        .setValue(taken.value())
                        .build());
    }

    private CompletableFuture<SessionFlag> consume(ConsumeSessionFlagRequest request) {
        String key = key(request.getUserId(), request.getFlag());
        return request.hasExpectedValue()
                ? flags.consume(key, ValueValidator.check("expected_value", request.getExpectedValue()))
                : flags.consume(key);
    }

    @Override
    public void clearSessionFlag(ClearSessionFlagRequest request, StreamObserver<ClearSessionFlagResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> flags.clear(key(request.getUserId(), request.getFlag())),
                cleared -> ClearSessionFlagResponse.newBuilder()
                        .setCleared(cleared)
                        .build());
    }

    private static String key(String userId, String flag) {
        return SessionKeys.flag(IdValidator.check("user_id", userId), IdValidator.check("flag", flag));
    }

    private static GetSessionFlagResponse found(SessionFlag flag) {
        GetSessionFlagResponse.Builder response =
                GetSessionFlagResponse.newBuilder().setFound(flag.there()).setValue(flag.value());
        if (flag.there()) {
            response.setExpiresIn(ProtoTime.duration(flag.leftMillis()));
        }
        return response.build();
    }
}
