package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.redis.Subscriber;
import java.util.Collection;
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

    private final Set<Watch> watches = new HashSet<>();

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

    /** The watch adds rooms, or asks for their lists again, after it removed others. */
    void change(Watch watch, Collection<String> removed, Collection<String> added) {
        thread.execute(() -> {
            if (watch.isClosed()) {
                return;
            }
            if (watches.add(watch) && !up) {
                watch.setStale(true);
            }
            removed.forEach(roomId -> leave(roomId, watch));
            watch.await(added);
            added.forEach(roomId -> enter(roomId, watch));
        });
    }

    /** The watch is closed. */
    void close(Watch watch) {
        thread.execute(() -> {
            watches.remove(watch);
            watch.roomIds().forEach(roomId -> leave(roomId, watch));
        });
    }

    private void enter(String roomId, Watch watch) {
        Room room = rooms.computeIfAbsent(roomId, Room::new);
        room.add(watch);
        reads.ask(room);
    }

    private void leave(String roomId, Watch watch) {
        watch.forget(roomId);
        Room room = rooms.get(roomId);
        if (room != null && room.remove(watch) && !room.isWatched()) {
            rooms.remove(roomId);
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
                watches.forEach(watch -> watch.setStale(true));
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
            watches.forEach(watch -> watch.setStale(false));
        }
    }

    @Override
    public void close() {
        List<Runnable> unused = thread.shutdownNow();
    }
}
