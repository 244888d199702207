package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.ListTypingRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;

/** Rooms in which users start and stop to type, watched through every server. */
final class TypingRooms implements Watched {

    private static final int ROOMS = 4;
    private static final int USERS = 3;

    private final List<String> rooms = UniqueIds.next(ROOMS);
    private final List<TypingStateWatch> watches;

    TypingRooms(List<ManagedChannel> servers, ScheduledExecutorService scheduler, Findings findings) {
        watches = servers.stream()
                .map(server -> new TypingStateWatch(server, scheduler, findings, rooms))
                .toList();
    }

    @Override
    public void open() {
        watches.forEach(WatchedStream::open);
    }

    @Override
    public void act(Client client) {
        setTyping(client, client.random(ROOMS), client.random(3) > 0);
    }

    @Override
    public void keep(Client client) {
        setTyping(client, client.random(ROOMS / 2), true);
    }

    private void setTyping(Client client, int room, boolean typing) {
        var request = SetTypingRequest.newBuilder()
                .setRoomId(rooms.get(room))
                .setUserId("user" + client.random(USERS))
                .setTyping(typing);
        client.tryCall(TypingServiceGrpc.getSetTypingMethod(), request.build());
    }

    @Override
    public Optional<String> disagreement(Client client) {
        for (int server = 0; server < watches.size(); server++) {
            Map<String, List<String>> read = new TreeMap<>();
            for (String room : rooms) {
                var request = ListTypingRequest.newBuilder().setRoomId(room);
                var response = client.call(server, TypingServiceGrpc.getListTypingMethod(), request.build());
                read.put(room, List.copyOf(response.getUserIdsList()));
            }
            for (TypingStateWatch watch : watches) {
                Optional<String> difference = Watched.difference(watch, read);
                if (difference.isPresent()) {
                    return difference;
                }
            }
        }
        return Optional.empty();
    }
}
