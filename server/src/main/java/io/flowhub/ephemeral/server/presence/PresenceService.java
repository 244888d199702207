package io.flowhub.ephemeral.server.presence;

import com.google.protobuf.Duration;
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
import java.util.List;

/** The gRPC service of presence: checks requests and builds responses. */
final class PresenceService extends PresenceServiceGrpc.PresenceServiceImplBase {

    private static final int MAX_USERS = 1_000;

    private final PresenceStore store;
    private final HeartbeatAdmission admission;
    private final PresenceHub hub;
    private final StreamCalls streams;
    private final HeartbeatResponse extended;
    private final HeartbeatResponse cameOnline;

    PresenceService(PresenceStore store, HeartbeatAdmission admission, PresenceHub hub, StreamCalls streams) {
        this.store = store;
        this.admission = admission;
        this.hub = hub;
        this.streams = streams;
        Duration expiresIn = ProtoTime.duration(store.ttl().toMillis());
        this.extended = HeartbeatResponse.newBuilder().setExpiresIn(expiresIn).build();
        this.cameOnline = extended.toBuilder().setCameOnline(true).build();
    }

    @Override
    public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.heartbeat(heartbeat(request.getUserId(), request.getConnectionId())),
                isTransition -> isTransition ? cameOnline : extended);
    }

    @Override
    public StreamObserver<StreamHeartbeatsRequest> streamHeartbeats(StreamObserver<StreamHeartbeatsResponse> observer) {
        return streams.open(observer, outbound -> new HeartbeatStream(store, admission, outbound));
    }

    @Override
    public void getPresence(GetPresenceRequest request, StreamObserver<GetPresenceResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.get(IdValidator.check("user_id", request.getUserId())),
                PresenceService::response);
    }

    /** Fails as a whole if one user cannot be read: a partial response would show the others as offline. */
    @Override
    public void batchGetPresence(BatchGetPresenceRequest request, StreamObserver<BatchGetPresenceResponse> observer) {
        UnaryCalls.respond(observer, () -> store.getAll(userIds(request)), PresenceService::response);
    }

    @Override
    public void setOffline(SetOfflineRequest request, StreamObserver<SetOfflineResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.disconnect(heartbeat(request.getUserId(), request.getConnectionId())),
                wentOffline -> SetOfflineResponse.newBuilder()
                        .setWentOffline(wentOffline)
                        .build());
    }

    @Override
    public StreamObserver<WatchPresenceRequest> watchPresence(StreamObserver<WatchPresenceResponse> observer) {
        return streams.open(observer, hub::open);
    }

    private static Heartbeat heartbeat(String userId, String connectionId) {
        return Heartbeat.of(userId, connectionId);
    }

    private static List<String> userIds(BatchGetPresenceRequest request) {
        int count = request.getUserIdsCount();
        ValueValidator.checkSize("user_ids", count, MAX_USERS, "users");
        for (int i = 0; i < count; i++) {
            IdValidator.checkElement("user_ids", i, "", request.getUserIds(i));
        }
        return request.getUserIdsList();
    }

    private static BatchGetPresenceResponse response(List<UserState> states) {
        BatchGetPresenceResponse.Builder response = BatchGetPresenceResponse.newBuilder();
        states.forEach(state -> response.addResults(response(state)));
        return response.build();
    }

    private static GetPresenceResponse response(UserState state) {
        GetPresenceResponse.Builder response = GetPresenceResponse.newBuilder().setOnline(state.online());
        return state.online()
                ? response.setExpiresIn(ProtoTime.duration(state.expiresInMillis()))
                        .build()
                : response.build();
    }
}
