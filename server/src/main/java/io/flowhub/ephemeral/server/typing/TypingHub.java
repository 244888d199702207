package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.fanout.ConflatingOutbox;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.Hub;
import io.flowhub.ephemeral.server.fanout.ReadStep;
import io.flowhub.ephemeral.server.fanout.SnapshotReader;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Subscriber;
import io.flowhub.ephemeral.server.rpc.StreamHandler.Outbound;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The rooms that the streams of this server watch. It reads the list of a room after each announcement, when the first
 * indicator of the list expires, and whenever announcements may have been lost.
 */
final class TypingHub implements Subscriber, SnapshotReader.Source<WatchedRoom, RoomTyping>, AutoCloseable {

    private static final int MAX_READS_IN_FLIGHT = 64;

    private final TypingStore store;
    private final DaemonScheduler scheduler = new DaemonScheduler("typing");
    private final Hub<WatchedRoom, ReadStep> hub;
    private final SnapshotReader<WatchedRoom, RoomTyping> reader;

    static TypingHub open(RedisClient redis, TypingStore store, StreamMemory memory) {
        TypingHub hub = new TypingHub(store, memory);
        store.announcements().subscribe(hub);
        redis.addAvailabilityListener(hub::onRedisAvailability);
        return hub;
    }

    void measure(FanoutMetrics metrics) {
        hub.measure(metrics, "typing");
    }

    private TypingHub(TypingStore store, StreamMemory memory) {
        this.store = store;
        this.hub = new Hub<>("room", WatchedRoom::new, ConflatingOutbox.BYTES_PER_TOPIC, memory);
        this.reader = new SnapshotReader<>(hub, this, scheduler, 1, MAX_READS_IN_FLIGHT);
    }

    TypingStream open(Outbound outbound) {
        return new TypingStream(hub, outbound);
    }

    @Override
    public void onMessage(String roomId) {
        reader.request(roomId);
    }

    @Override
    public void onGap() {
        reader.requestAll();
    }

    private void onRedisAvailability(boolean up) {
        if (up) {
            reader.resume();
            reader.resync();
        } else {
            reader.pause();
            reader.invalidate();
        }
    }

    @Override
    public CompletableFuture<List<RoomTyping>> read(List<String> roomIds) {
        return store.list(roomIds.get(0)).thenApply(List::of);
    }

    @Override
    public boolean apply(WatchedRoom room, RoomTyping read) {
        room.setExpiryRead(read.firstExpiry() == null ? null : readAfter(read.firstExpiry(), room.id()));
        return room.update(read.userIds());
    }

    /** At the expiry itself the key still exists. */
    private Future<?> readAfter(Duration expiry, String roomId) {
        return scheduler.schedule(() -> reader.request(roomId), expiry.toMillis() + 1, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
