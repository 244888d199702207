package io.flowhub.ephemeral.server.presence;

import com.google.common.collect.Lists;
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

/** Calls of PresenceService on one server. An empty connection is none. */
record PresenceCalls(Channel channel) {

    /** Distinct ids with this prefix. */
    static List<String> users(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + "-" + i).toList();
    }

    static HeartbeatRequest request(String user, String connection) {
        return HeartbeatRequest.newBuilder()
                .setUserId(user)
                .setConnectionId(connection)
                .build();
    }

    private PresenceServiceBlockingStub stub() {
        return PresenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    HeartbeatResponse heartbeat(String user) {
        return heartbeat(user, "");
    }

    HeartbeatResponse heartbeat(String user, String connection) {
        return stub().heartbeat(request(user, connection));
    }

    GetPresenceResponse get(String user) {
        var request = GetPresenceRequest.newBuilder().setUserId(user).build();
        return stub().getPresence(request);
    }

    boolean isOnline(String user) {
        return get(user).getOnline();
    }

    List<GetPresenceResponse> getAll(List<String> users) {
        var request = BatchGetPresenceRequest.newBuilder().addAllUserIds(users).build();
        return stub().batchGetPresence(request).getResultsList();
    }

    boolean setOffline(String user) {
        return setOffline(user, "");
    }

    boolean setOffline(String user, String connection) {
        var request = SetOfflineRequest.newBuilder().setUserId(user).setConnectionId(connection);
        return stub().setOffline(request.build()).getWentOffline();
    }

    /** A stream that watches these users and has received their snapshot. */
    WatchPresenceReader watch(List<String> users) {
        WatchPresenceReader watcher = new WatchPresenceReader(channel, false);
        Lists.partition(users, 1_000).forEach(watcher::add);
        return watcher.awaitSnapshotOf(users);
    }

    Gateway gateway() {
        return new Gateway(channel, false);
    }
}
