package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import redis.clients.jedis.JedisPubSub;

/** A subscriber of the typing channel that records every announced room. */
final class TypingAnnouncements extends JedisPubSub implements AutoCloseable {

    private static final String CHANNEL = "ephemeral:typing";

    private final Topology topology;
    private final List<String> rooms = new CopyOnWriteArrayList<>();

    private TypingAnnouncements(Topology topology) {
        this.topology = topology;
    }

    static TypingAnnouncements on(Topology topology) {
        TypingAnnouncements announcements = new TypingAnnouncements(topology);
        Thread listener = new Thread(() -> topology.client().subscribe(announcements, CHANNEL), "announcements");
        listener.setDaemon(true);
        listener.start();
        Eventually.within(Duration.ofSeconds(10), "the channel is subscribed", announcements::isSubscribed);
        return announcements;
    }

    @Override
    public void onMessage(String channel, String room) {
        rooms.add(room);
    }

    /** Waits until every earlier announcement has arrived. On a Cluster only each master keeps its order. */
    void awaitAllSoFar() {
        List<String> last = new ArrayList<>();
        topology.forEachMaster(master -> {
            last.add(UniqueIds.next());
            master.publish(CHANNEL, last.get(last.size() - 1));
        });
        Eventually.within(Duration.ofSeconds(10), "all announcements arrive", () -> rooms.containsAll(last));
    }

    List<String> rooms() {
        return rooms;
    }

    @Override
    public void close() {
        unsubscribe();
    }
}
