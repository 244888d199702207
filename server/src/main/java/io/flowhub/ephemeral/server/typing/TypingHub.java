package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The rooms that the streams of this server watch. All that happens to them happens on one thread, so that a list is told
 * after those that were read before it.
 */
final class TypingHub implements Subscriber, AutoCloseable {

    /** Where the scripts publish the rooms in which somebody began or stopped. */
    static final String CHANNEL = "ephemeral:typing";

    private final DaemonScheduler thread = new DaemonScheduler("typing");
    private final ReadScheduler reads;

    /** By id. Changed on the thread alone. */
    private final Map<String, TypingRoom> rooms = new ConcurrentHashMap<>();

    /** The open streams that watch, and what. */
    private final Map<TypingStream, Set<TypingRoom>> watches = new HashMap<>();

    /** Rooms that were not read since Redis is back. */
    private final Set<TypingRoom> unknown = new HashSet<>();

    private boolean up;

    TypingHub(Function<String, CompletableFuture<TypingList>> lists) {
        this.reads = new ReadScheduler(thread, lists, this::becameKnown);
    }

    /** The watch removes rooms, then adds others, or asks for the lists of rooms that it watches again. */
    void change(TypingStream watch, Collection<String> removed, Collection<String> added) {
        thread.execute(() -> {
            if (watch.isClosed()) {
                return;
            }
            Set<TypingRoom> its = watches.computeIfAbsent(watch, this::open);
            for (String roomId : removed) {
                TypingRoom room = rooms.get(roomId);
                if (room != null && its.remove(room)) {
                    leave(room, watch);
                }
            }
            watch.await(added);
            for (String roomId : added) {
                TypingRoom room = rooms.computeIfAbsent(roomId, TypingRoom::new);
                its.add(room);
                room.add(watch);
                reads.ask(room);
            }
        });
    }

    private Set<TypingRoom> open(TypingStream watch) {
        if (!up) {
            watch.setStale(true);
        }
        return new HashSet<>();
    }

    /** The watch is closed. */
    void close(TypingStream watch) {
        thread.execute(() -> {
            Set<TypingRoom> its = watches.remove(watch);
            if (its != null) {
                its.forEach(room -> leave(room, watch));
            }
        });
    }

    private void leave(TypingRoom room, TypingStream watch) {
        room.remove(watch);
        watch.forget(room.id());
        if (!room.isWatched()) {
            rooms.remove(room.id());
            reads.drop(room);
            becameKnown(room);
        }
    }

    @Override
    public void onMessage(String roomId) {
        TypingRoom room = rooms.get(roomId);
        if (room != null && room.ring()) {
            thread.execute(() -> {
                room.answerBell();
                if (room.isWatched()) {
                    reads.ask(room);
                }
            });
        }
    }

    @Override
    public void onGap() {
        thread.execute(() -> rooms.values().forEach(reads::ask));
    }

    /** Redis answers, or is away. */
    void setUp(boolean now) {
        thread.execute(() -> {
            up = now;
            unknown.clear();
            if (now) {
                unknown.addAll(rooms.values());
                reads.letGo();
                rooms.values().forEach(reads::ask);
                tellIfAllIsKnown();
            } else {
                reads.hold();
                watches.keySet().forEach(watch -> watch.setStale(true));
            }
        });
    }

    private void becameKnown(TypingRoom room) {
        if (unknown.remove(room)) {
            tellIfAllIsKnown();
        }
    }

    private void tellIfAllIsKnown() {
        if (up && unknown.isEmpty()) {
            watches.keySet().forEach(watch -> watch.setStale(false));
        }
    }

    @Override
    public void close() {
        List<Runnable> unused = thread.shutdownNow();
    }
}
