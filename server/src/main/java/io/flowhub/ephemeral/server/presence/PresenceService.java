package io.flowhub.ephemeral.server.presence;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.BatchGetPresenceRequest;
import io.flowhub.ephemeral.v1.BatchGetPresenceResponse;
import io.flowhub.ephemeral.v1.GetPresenceRequest;
import io.flowhub.ephemeral.v1.GetPresenceResponse;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.HeartbeatResponse;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetOfflineResponse;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The contract of presence: checks what comes in, writes what goes out. */
final class PresenceService extends PresenceServiceGrpc.PresenceServiceImplBase {

    private static final int MAX_USERS = 1_000;

    private final Presence presence;
    private final PresenceStore beats;
    private final StreamCalls streams;
    private final HeartbeatResponse prolonged;
    private final HeartbeatResponse cameOnline;

    PresenceService(Presence presence, StreamCalls streams) {
        this.presence = presence;
        this.beats = presence.beats();
        this.streams = streams;
        Duration expiresIn = ProtoTime.duration(beats.ttl().toMillis());
        this.prolonged = HeartbeatResponse.newBuilder().setExpiresIn(expiresIn).build();
        this.cameOnline = prolonged.toBuilder().setCameOnline(true).build();
    }

    @Override
    public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> beats.beat(beat(request.getUserId(), request.getConnectionId())),
                came -> came ? cameOnline : prolonged);
    }

    @Override
    public StreamObserver<StreamHeartbeatsRequest> streamHeartbeats(StreamObserver<StreamHeartbeatsResponse> observer) {
        return streams.open(observer, outbound -> new HeartbeatStream(presence, outbound));
    }

    @Override
    public void getPresence(GetPresenceRequest request, StreamObserver<GetPresenceResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> beats.look(IdValidator.check("user_id", request.getUserId())),
                PresenceService::response);
    }

    @Override
    public void batchGetPresence(BatchGetPresenceRequest request, StreamObserver<BatchGetPresenceResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> look(request),
                states -> BatchGetPresenceResponse.newBuilder()
                        .addAllResults(states)
                        .build());
    }

    @Override
    public void setOffline(SetOfflineRequest request, StreamObserver<SetOfflineResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> beats.end(beat(request.getUserId(), request.getConnectionId())),
                wentOffline -> SetOfflineResponse.newBuilder()
                        .setWentOffline(wentOffline)
                        .build());
    }

    @Override
    public StreamObserver<WatchPresenceRequest> watchPresence(StreamObserver<WatchPresenceResponse> observer) {
        return streams.open(observer, outbound -> new PresenceStream(presence.watchers(), outbound));
    }

    private static Heartbeat beat(String userId, String connectionId) {
        return Heartbeat.of("user_id", userId, "connection_id", connectionId);
    }

    /** All or nothing: half an answer would look as if the others were offline. */
    private CompletableFuture<List<GetPresenceResponse>> look(BatchGetPresenceRequest request) {
        int count = request.getUserIdsCount();
        ValueValidator.checkSize("user_ids", count, MAX_USERS, "users");
        for (int i = 0; i < count; i++) {
            IdValidator.check("user_ids[" + i + "]", request.getUserIds(i));
        }
        List<CompletableFuture<UserState>> looks = new ArrayList<>(count);
        request.getUserIdsList().forEach(userId -> looks.add(beats.look(userId)));
        return Futures.allAsList(looks)
                .thenApply(
                        states -> states.stream().map(PresenceService::response).toList());
    }

    private static GetPresenceResponse response(UserState state) {
        GetPresenceResponse.Builder response = GetPresenceResponse.newBuilder().setOnline(state.online());
        return state.online()
                ? response.setExpiresIn(ProtoTime.duration(state.leftMillis())).build()
                : response.build();
    }
}
