package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchGetPresenceRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;

/** Users that come online, go offline and expire, watched through every server. */
final class PresenceUsers implements Watched {

    private static final int USERS = 12;

    /** For so long a user is active or silent; longer than {@code presence.ttl}, so that users expire. */
    private static final long PHASE_NANOS = 5_000_000_000L;

    private final List<String> users = UniqueIds.next(USERS);
    private final List<PresenceStateWatch> watches;

    PresenceUsers(List<ManagedChannel> servers, ScheduledExecutorService scheduler, Findings findings, Losses losses) {
        watches = servers.stream()
                .map(server -> new PresenceStateWatch(server, scheduler, findings, losses, users))
                .toList();
    }

    @Override
    public void open() {
        watches.forEach(WatchedStream::open);
    }

    @Override
    public void act(Client client) {
        int user = client.random(USERS);
        boolean isActive = (user + System.nanoTime() / PHASE_NANOS) % 3 != 0;
        if (client.random(20) == 0) {
            var request = SetOfflineRequest.newBuilder().setUserId(users.get(user));
            client.tryCall(PresenceServiceGrpc.getSetOfflineMethod(), request.build());
        } else if (isActive) {
            heartbeat(client, user);
        }
    }

    @Override
    public void keep(Client client) {
        heartbeat(client, client.random(USERS / 2));
    }

    private void heartbeat(Client client, int user) {
        var request = HeartbeatRequest.newBuilder().setUserId(users.get(user));
        client.tryCall(PresenceServiceGrpc.getHeartbeatMethod(), request.build());
    }

    @Override
    public Optional<String> disagreement(Client client) {
        for (int server = 0; server < watches.size(); server++) {
            var request = BatchGetPresenceRequest.newBuilder().addAllUserIds(users);
            var response = client.call(server, PresenceServiceGrpc.getBatchGetPresenceMethod(), request.build());
            Map<String, Boolean> read = new TreeMap<>();
            for (int i = 0; i < USERS; i++) {
                read.put(users.get(i), response.getResults(i).getOnline());
            }
            for (PresenceStateWatch watch : watches) {
                Optional<String> difference = Watched.difference(watch, read);
                if (difference.isPresent()) {
                    return difference;
                }
            }
        }
        return Optional.empty();
    }
}
