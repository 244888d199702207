package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.v1.BatchGetPresenceRequest;
import io.flowhub.ephemeral.v1.BatchGetPresenceResponse;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.GetPresenceRequest;
import io.flowhub.ephemeral.v1.GetPresenceResponse;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.HeartbeatResponse;
import io.flowhub.ephemeral.v1.PresenceOffline;
import io.flowhub.ephemeral.v1.PresenceOnline;
import io.flowhub.ephemeral.v1.PresenceResynced;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceSnapshot;
import io.flowhub.ephemeral.v1.PresenceStale;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetOfflineResponse;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Presence, with heartbeats and watches. */
final class InMemoryPresence extends PresenceServiceGrpc.PresenceServiceImplBase {

    private static final Duration TTL = Duration.ofSeconds(10);
    private static final Duration INTERVAL = Duration.ofSeconds(3);

    private final FakeState state;
    private final ExpiringMap<Connection, Boolean> connections;
    private final Set<String> online = new HashSet<>();
    private final WatchStreams<WatchPresenceResponse> watches = new WatchStreams<>();
    private long version;

    InMemoryPresence(FakeState state) {
        this.state = state;
        this.connections = new ExpiringMap<>(state.clock);
    }

    @Override
    public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> observer) {
        state.answer(
                request,
                observer,
                () -> HeartbeatResponse.newBuilder()
                        .setCameOnline(extend(request.getUserId(), request.getConnectionId()))
                        .setExpiresIn(TestClock.duration(TTL))
                        .build());
    }

    @Override
    public StreamObserver<StreamHeartbeatsRequest> streamHeartbeats(StreamObserver<StreamHeartbeatsResponse> observer) {
        return new RequestStream<>(
                frame -> state.run(() -> observer.onNext(answer(frame))), observer::onCompleted, () -> {});
    }

    private StreamHeartbeatsResponse answer(StreamHeartbeatsRequest frame) {
        StreamHeartbeatsResponse.Builder response = StreamHeartbeatsResponse.newBuilder()
                .setSequence(frame.getSequence())
                .setExpiresIn(TestClock.duration(TTL))
                .setNextIn(TestClock.duration(INTERVAL));
        if (state.isUnavailable()) {
            return response.addRejected(RejectedHeartbeat.newBuilder()
                            .setIndex(-1)
                            .setErrorReason(ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE.name()))
                    .build();
        }
        List<HeartbeatRequest> heartbeats = Stream.concat(
                        frame.getUserIdsList().stream()
                                .map(user -> HeartbeatRequest.newBuilder()
                                        .setUserId(user)
                                        .build()),
                        frame.getHeartbeatsList().stream())
                .toList();
        for (int i = 0; i < heartbeats.size(); i++) {
            HeartbeatRequest heartbeat = heartbeats.get(i);
            try {
                FieldRules.check(heartbeat);
                if (extend(heartbeat.getUserId(), heartbeat.getConnectionId())) {
                    response.addCameOnline(heartbeat.getUserId());
                }
            } catch (StatusRuntimeException e) {
                response.addRejected(RejectedHeartbeat.newBuilder()
                        .setIndex(i)
                        .setErrorReason(ErrorReason.ERROR_REASON_INVALID_FIELD.name())
                        .setMessage(String.valueOf(e.getMessage())));
            }
        }
        return response.build();
    }

    private boolean extend(String user, String connection) {
        connections.put(new Connection(user, connection), true, TTL);
        boolean cameOnline = online.add(user);
        if (cameOnline) {
            watches.send(user, onlineEvent(user));
        }
        return cameOnline;
    }

    @Override
    public void getPresence(GetPresenceRequest request, StreamObserver<GetPresenceResponse> observer) {
        state.answer(request, observer, () -> read(request.getUserId()));
    }

    @Override
    public void batchGetPresence(BatchGetPresenceRequest request, StreamObserver<BatchGetPresenceResponse> observer) {
        state.answer(
                request,
                observer,
                () -> BatchGetPresenceResponse.newBuilder()
                        .addAllResults(request.getUserIdsList().stream()
                                .map(this::read)
                                .toList())
                        .build());
    }

    private GetPresenceResponse read(String user) {
        expire();
        return connections.keys().stream()
                .filter(connection -> connection.user.equals(user))
                .flatMap(connection -> connections.find(connection).stream())
                .map(ExpiringMap.Entry::expiry)
                .max(Instant::compareTo)
                .map(expiry -> GetPresenceResponse.newBuilder()
                        .setOnline(true)
                        .setExpiresIn(state.clock.until(expiry))
                        .build())
                .orElse(GetPresenceResponse.getDefaultInstance());
    }

    @Override
    public void setOffline(SetOfflineRequest request, StreamObserver<SetOfflineResponse> observer) {
        state.answer(request, observer, () -> {
            expire();
            connections.keys().stream()
                    .filter(connection -> connection.user.equals(request.getUserId()))
                    .filter(connection ->
                            request.getConnectionId().isEmpty() || connection.id.equals(request.getConnectionId()))
                    .forEach(connections::remove);
            return SetOfflineResponse.newBuilder()
                    .setWentOffline(announceOffline(List.of(request.getUserId())))
                    .build();
        });
    }

    @Override
    public StreamObserver<WatchPresenceRequest> watchPresence(StreamObserver<WatchPresenceResponse> observer) {
        watches.open(observer);
        return new RequestStream<>(
                request -> state.receive(request, observer, () -> {
                    expire();
                    watches.remove(observer, request.getRemoveUserIdsList());
                    watches.add(observer, request.getAddUserIdsList());
                    if (request.getAddUserIdsCount() > 0) {
                        PresenceSnapshot.Builder snapshot = PresenceSnapshot.newBuilder();
                        request.getAddUserIdsList().forEach(user -> snapshot.addUsers(presence(user)));
                        observer.onNext(WatchPresenceResponse.newBuilder()
                                .setSnapshot(snapshot)
                                .build());
                    }
                }),
                () -> {},
                () -> watches.close(observer));
    }

    /** Announces the users whose heartbeats stopped. */
    void expire() {
        Set<String> users = new LinkedHashSet<>();
        connections.removeExpired().forEach(connection -> users.add(connection.user));
        announceOffline(users);
    }

    private boolean announceOffline(Collection<String> users) {
        boolean isAny = false;
        Set<String> connected = new HashSet<>();
        connections.keys().forEach(connection -> connected.add(connection.user));
        for (String user : users) {
            if (!connected.contains(user) && online.remove(user)) {
                isAny = true;
                watches.send(
                        user,
                        WatchPresenceResponse.newBuilder()
                                .setOffline(PresenceOffline.newBuilder().addUsers(presence(user)))
                                .build());
            }
        }
        return isAny;
    }

    void announceAvailability(boolean isUnavailable) {
        watches.sendToAll(
                isUnavailable
                        ? WatchPresenceResponse.newBuilder()
                                .setStale(PresenceStale.getDefaultInstance())
                                .build()
                        : WatchPresenceResponse.newBuilder()
                                .setResynced(PresenceResynced.getDefaultInstance())
                                .build());
    }

    private WatchPresenceResponse onlineEvent(String user) {
        return WatchPresenceResponse.newBuilder()
                .setOnline(PresenceOnline.newBuilder().addUsers(presence(user)))
                .build();
    }

    private PresenceState presence(String user) {
        return PresenceState.newBuilder()
                .setUserId(user)
                .setOnline(online.contains(user))
                .setVersion(++version)
                .build();
    }

    private record Connection(String user, String id) {}
}
