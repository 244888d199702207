package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.v1.BatchGetPresenceRequest;
import io.flowhub.ephemeral.v1.GetPresenceRequest;
import io.flowhub.ephemeral.v1.GetPresenceResponse;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.HeartbeatResponse;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc.PresenceServiceBlockingStub;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Calls of PresenceService on one server. */
record PresenceCalls(Channel channel) {

    /** Distinct ids with this prefix. */
    static List<String> users(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
    }

    static List<String> concat(List<String> some, List<String> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    private PresenceServiceBlockingStub stub() {
        return PresenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    HeartbeatResponse heartbeat(String user) {
        return heartbeat(user, "");
    }

    HeartbeatResponse heartbeat(String user, String connection) {
        return stub().heartbeat(HeartbeatRequest.newBuilder()
                .setUserId(user)
                .setConnectionId(connection)
                .build());
    }

    GetPresenceResponse get(String user) {
        return stub().getPresence(
                        GetPresenceRequest.newBuilder().setUserId(user).build());
    }

    boolean isOnline(String user) {
        return get(user).getOnline();
    }

    List<GetPresenceResponse> getAll(List<String> users) {
        return stub().batchGetPresence(BatchGetPresenceRequest.newBuilder()
                        .addAllUserIds(users)
                        .build())
                .getResultsList();
    }

    boolean setOffline(String user) {
        return setOffline(user, "");
    }

    boolean setOffline(String user, String connection) {
        return stub().setOffline(SetOfflineRequest.newBuilder()
                        .setUserId(user)
                        .setConnectionId(connection)
                        .build())
                .getWentOffline();
    }

    /** A stream that watches these users and has received their snapshot. */
    WatchPresenceReader watch(List<String> users) {
        return new WatchPresenceReader(channel).add(users).awaitSnapshotOf(users);
    }

    Gateway gateway() {
        return new Gateway(channel);
    }
}
