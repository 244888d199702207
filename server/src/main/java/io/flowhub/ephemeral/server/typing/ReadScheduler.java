package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.v1.ErrorReason;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * When the lists of watched rooms are read: when somebody asks, and when the first of a list ends. A few at a time, one of
 * a room at a time, and after each the room rests a moment, so that neither many rooms nor a busy one flood Redis: what
 * was asked for meanwhile is one more read. All on one thread.
 */
final class ReadScheduler {

    private static final int MAX_UNDER_WAY = 64;
    private static final long REST_MILLIS = 50;
    private static final long REST_AFTER_FAILURE_MILLIS = 250;

    private final ScheduledExecutorService thread;
    private final Function<String, CompletableFuture<TypingList>> lists;
    private final Consumer<TypingRoom> whenKnown;

    private final Set<TypingRoom> due = new LinkedHashSet<>();

    /** Rooms that are being read, or rest. */
    private final Set<TypingRoom> busy = new HashSet<>();

    /** Those of them that are to be read again. */
    private final Set<TypingRoom> again = new HashSet<>();

    /** By room that does neither: the read at the first end of its list. */
    private final Map<TypingRoom, Future<?>> timers = new HashMap<>();

    private int underWay;
    private boolean held = true;

    /** @param whenKnown gets each room whose watchers know all that was asked for */
    ReadScheduler(
            ScheduledExecutorService thread,
            Function<String, CompletableFuture<TypingList>> lists,
            Consumer<TypingRoom> whenKnown) {
        this.thread = thread;
        this.lists = lists;
        this.whenKnown = whenKnown;
    }

    void ask(TypingRoom room) {
        if (busy.contains(room)) {
            again.add(room);
        } else {
            due.add(room);
            begin();
        }
    }

    /** Reads no more until it is let go: Redis is away. */
    void hold() {
        held = true;
    }

    void letGo() {
        held = false;
        begin();
    }

    /** Nobody watches the room any more. */
    void drop(TypingRoom room) {
        due.remove(room);
        cancelTimer(room);
    }

    private void begin() {
        while (!held && underWay < MAX_UNDER_WAY && !due.isEmpty()) {
            TypingRoom room = due.iterator().next();
            due.remove(room);
            cancelTimer(room);
            busy.add(room);
            underWay++;
            room.beginRead();
            Futures.ignore(CompletableFuture.completedFuture(room.id())
                    .thenCompose(lists)
                    .whenCompleteAsync((list, failure) -> end(room, list, failure), thread));
        }
    }

    private void end(TypingRoom room, @Nullable TypingList list, @Nullable Throwable failure) {
        underWay--;
        if (list != null) {
            room.endRead(list.userIds());
        } else {
            room.failRead();
        }
        if (!again.contains(room) && (list != null || isRefused(failure))) {
            whenKnown.accept(room);
        }
        long restMillis = list == null ? REST_AFTER_FAILURE_MILLIS : REST_MILLIS;
        var unused = thread.schedule(() -> endRest(room, list), restMillis, TimeUnit.MILLISECONDS);
        begin();
    }

    /** One whose key somebody else wrote to cannot be known, and must not keep the others from being known. */
    private static boolean isRefused(@Nullable Throwable failure) {
        return failure != null && StatusMapper.reason(failure) == ErrorReason.ERROR_REASON_REDIS_REJECTED;
    }

    private void endRest(TypingRoom room, @Nullable TypingList list) {
        busy.remove(room);
        boolean asked = again.remove(room);
        if (!room.isWatched()) {
            return;
        }
        if (asked || list == null) {
            ask(room);
        } else if (list.firstEndMillis() >= 0) {
            // Not at the end itself: then the key still lives.
            long delayMillis = Math.max(0, list.firstEndMillis() + 1 - REST_MILLIS);
            timers.put(room, thread.schedule(() -> ask(room), delayMillis, TimeUnit.MILLISECONDS));
        }
    }

    private void cancelTimer(TypingRoom room) {
        Future<?> timer = timers.remove(room);
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
