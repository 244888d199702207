package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The rooms that the streams of this server watch. Every change of them runs on one thread, so that the lists of a room are
 * sent in the order in which they were read.
 */
final class TypingHub implements Subscriber, AutoCloseable {

    /** The scripts publish to it the id of each room in which a user starts or stops typing. */
    private static final String CHANNEL = "ephemeral:typing";

    private final DaemonScheduler thread = new DaemonScheduler("typing");
    private final ReadScheduler reads;

    /** By id. Written on the thread only. */
    private final Map<String, TypingRoom> rooms = new ConcurrentHashMap<>();

    /** The rooms that each open stream watches. */
    private final Map<TypingStream, Set<TypingRoom>> subscriptions = new HashMap<>();

    /** The rooms that were not read since Redis is available again. */
    private final Set<TypingRoom> unread = new HashSet<>();

    private boolean available;

    /** @param reader reads the list of a room */
    static TypingHub open(RedisClient redis, Function<String, CompletableFuture<RoomTyping>> reader) {
        TypingHub hub = new TypingHub(reader);
        redis.subscribe(CHANNEL, hub);
        redis.addAvailabilityListener(hub::onRedisAvailability);
        return hub;
    }

    private TypingHub(Function<String, CompletableFuture<RoomTyping>> reader) {
        this.reads = new ReadScheduler(thread, reader, this::onRead);
    }

    /** Removes rooms from a stream, then adds others. The list of a room that the stream has already is sent again. */
    void update(TypingStream stream, Collection<String> removed, Collection<String> added) {
        thread.execute(() -> {
            if (stream.isClosed()) {
                return;
            }
            Set<TypingRoom> watched = subscriptions.computeIfAbsent(stream, this::add);
            for (String roomId : removed) {
                TypingRoom room = rooms.get(roomId);
                if (room != null && watched.remove(room)) {
                    unsubscribe(room, stream);
                }
            }
            stream.expectReads(added);
            for (String roomId : added) {
                TypingRoom room = rooms.computeIfAbsent(roomId, TypingRoom::new);
                watched.add(room);
                room.add(stream);
                reads.request(room);
            }
        });
    }

    private Set<TypingRoom> add(TypingStream stream) {
        if (!available) {
            stream.setStale(true);
        }
        return new HashSet<>();
    }

    void remove(TypingStream stream) {
        thread.execute(() -> {
            Set<TypingRoom> watched = subscriptions.remove(stream);
            if (watched != null) {
                watched.forEach(room -> unsubscribe(room, stream));
            }
        });
    }

    private void unsubscribe(TypingRoom room, TypingStream stream) {
        room.remove(stream);
        stream.discard(room.id());
        if (!room.isWatched()) {
            rooms.remove(room.id());
            reads.drop(room);
            onRead(room);
        }
    }

    @Override
    public void onMessage(String roomId) {
        TypingRoom room = rooms.get(roomId);
        if (room != null && room.markDirty()) {
            thread.execute(() -> {
                room.clearDirty();
                if (room.isWatched()) {
                    reads.request(room);
                }
            });
        }
    }

    @Override
    public void onGap() {
        thread.execute(() -> rooms.values().forEach(reads::request));
    }

    private void onRedisAvailability(boolean up) {
        thread.execute(() -> {
            available = up;
            unread.clear();
            if (up) {
                unread.addAll(rooms.values());
                reads.resume();
                rooms.values().forEach(reads::request);
                endResyncIfComplete();
            } else {
                reads.pause();
                subscriptions.keySet().forEach(stream -> stream.setStale(true));
            }
        });
    }

    private void onRead(TypingRoom room) {
        if (unread.remove(room)) {
            endResyncIfComplete();
        }
    }

    private void endResyncIfComplete() {
        if (available && unread.isEmpty()) {
            subscriptions.keySet().forEach(stream -> stream.setStale(false));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
