package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;

/** A room with two senders, subscribed through every server. */
final class MessageRoom implements Watched {

    private final String room = UniqueIds.next();
    private final List<Publisher> publishers = List.of(new Publisher(room, "first"), new Publisher(room, "second"));
    private final List<BroadcastWatch> watches;

    MessageRoom(List<ManagedChannel> servers, ScheduledExecutorService scheduler, Findings findings) {
        Map<String, Publisher> bySender = Map.of("first", publishers.get(0), "second", publishers.get(1));
        watches = servers.stream()
                .map(server -> new BroadcastWatch(server, scheduler, findings, room, bySender))
                .toList();
    }

    @Override
    public void open() {
        watches.forEach(WatchedStream::open);
    }

    @Override
    public void act(Client client) {
        client.pick(publishers).publish(client);
    }

    /** The next message of a server shows that the ones before are missing. */
    @Override
    public void keep(Client client) {
        act(client);
    }

    @Override
    public Optional<String> disagreement(Client client) {
        return watches.stream()
                .map(BroadcastWatch::missing)
                .flatMap(Optional::stream)
                .findFirst();
    }
}
