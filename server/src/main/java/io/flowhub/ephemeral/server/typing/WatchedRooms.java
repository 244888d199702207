package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.redis.Subscriber;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Function;

/**
 * The rooms that the streams of this server watch. All that happens to them happens on one thread, so that a list is told
 * after those that were read before it.
 */
final class WatchedRooms implements Subscriber, AutoCloseable {

    /** Where the scripts publish the rooms in which somebody began or stopped. */
    static final String CHANNEL = "ephemeral:typing";

    private final ScheduledThreadPoolExecutor thread = newThread();
    private final Reads reads;

    /** By id. Changed on the thread alone. */
    private final Map<String, Room> rooms = new ConcurrentHashMap<>();

    /** The open streams that watch, and what. */
    private final Map<Watch, Set<Room>> watches = new HashMap<>();

    /** Rooms that were not read since Redis is back. */
    private final Set<Room> unknown = new HashSet<>();

    private boolean up;

    WatchedRooms(Function<String, CompletableFuture<RoomList>> lists) {
        this.reads = new Reads(thread, lists, this::becameKnown);
    }

    private static ScheduledThreadPoolExecutor newThread() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread thread = new Thread(task, "typing");
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy()); // streams may end later than this does
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    /** The watch removes rooms, then adds others, or asks for the lists of rooms that it watches again. */
    void change(Watch watch, Collection<String> removed, Collection<String> added) {
        thread.execute(() -> {
            if (watch.isClosed()) {
                return;
            }
            Set<Room> its = watches.computeIfAbsent(watch, this::open);
            for (String roomId : removed) {
                Room room = rooms.get(roomId);
                if (room != null && its.remove(room)) {
                    leave(room, watch);
                }
            }
            watch.await(added);
            for (String roomId : added) {
                Room room = rooms.computeIfAbsent(roomId, Room::new);
                its.add(room);
                room.add(watch);
                reads.ask(room);
            }
        });
    }

    private Set<Room> open(Watch watch) {
        if (!up) {
            watch.setStale(true);
        }
        return new HashSet<>();
    }

    /** The watch is closed. */
    void close(Watch watch) {
        thread.execute(() -> {
            Set<Room> its = watches.remove(watch);
            if (its != null) {
                its.forEach(room -> leave(room, watch));
            }
        });
    }

    private void leave(Room room, Watch watch) {
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
        Room room = rooms.get(roomId);
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

    private void becameKnown(Room room) {
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
