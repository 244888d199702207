package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import java.time.Duration;
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
 * Reads the lists of watched rooms from Redis: on request, and when the first indicator of a list expires. Reads in flight
 * are bounded, and reads of one room are at least 50 ms apart: requests in between collapse into one read. So neither many
 * rooms nor a busy room flood Redis. Confined to one thread.
 */
final class ReadScheduler {

    private static final int MAX_IN_FLIGHT = 64;
    private static final Duration COOLDOWN = Duration.ofMillis(50);
    private static final Duration COOLDOWN_AFTER_FAILURE = Duration.ofMillis(250);

    private final ScheduledExecutorService thread;
    private final Function<String, CompletableFuture<RoomTyping>> reader;
    private final Consumer<TypingRoom> onRead;

    private final Set<TypingRoom> queued = new LinkedHashSet<>();

    /** The rooms whose read is in flight, or ended less than a cooldown ago. */
    private final Set<TypingRoom> busy = new HashSet<>();

    /** The busy rooms that were requested again. */
    private final Set<TypingRoom> requestedAgain = new HashSet<>();

    /** By room that is not busy: the read when the first indicator of its list expires. */
    private final Map<TypingRoom, Future<?>> expiryReads = new HashMap<>();

    private int inFlight;
    private boolean paused = true;

    /** @param onRead receives each room once its streams have the list that was last requested */
    ReadScheduler(
            ScheduledExecutorService thread,
            Function<String, CompletableFuture<RoomTyping>> reader,
            Consumer<TypingRoom> onRead) {
        this.thread = thread;
        this.reader = reader;
        this.onRead = onRead;
    }

    void request(TypingRoom room) {
        if (busy.contains(room)) {
            requestedAgain.add(room);
        } else {
            queued.add(room);
            startReads();
        }
    }

    /** Starts no more reads until {@link #resume}, because Redis is unavailable. */
    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
        startReads();
    }

    /** Forgets a room that is no longer watched. */
    void drop(TypingRoom room) {
        queued.remove(room);
        cancelExpiryRead(room);
    }

    private void startReads() {
        while (!paused && inFlight < MAX_IN_FLIGHT && !queued.isEmpty()) {
            TypingRoom room = queued.iterator().next();
            queued.remove(room);
            cancelExpiryRead(room);
            busy.add(room);
            inFlight++;
            room.onReadStarted();
            Futures.ignore(CompletableFuture.completedFuture(room.id())
                    .thenCompose(reader)
                    .whenCompleteAsync((list, failure) -> onReadDone(room, list, failure), thread));
        }
    }

    private void onReadDone(TypingRoom room, @Nullable RoomTyping list, @Nullable Throwable failure) {
        inFlight--;
        if (list != null) {
            room.onReadSucceeded(list.userIds());
        } else {
            room.onReadFailed();
        }
        if (!requestedAgain.contains(room) && (list != null || isRejected(failure))) {
            onRead.accept(room);
        }
        Duration cooldown = list == null ? COOLDOWN_AFTER_FAILURE : COOLDOWN;
        var unused = thread.schedule(() -> onCooledDown(room, list), cooldown.toMillis(), TimeUnit.MILLISECONDS);
        startReads();
    }

    /** A room whose keys Redis rejects, such as keys of another type, must not delay the end of a resync. */
    private static boolean isRejected(@Nullable Throwable failure) {
        return failure != null && Futures.unwrap(failure) instanceof RedisRejectedException;
    }

    private void onCooledDown(TypingRoom room, @Nullable RoomTyping list) {
        busy.remove(room);
        boolean requested = requestedAgain.remove(room);
        if (!room.isWatched()) {
            return;
        }
        if (requested || list == null) {
            request(room);
        } else if (list.firstExpiry() != null) {
            scheduleExpiryRead(room, list.firstExpiry());
        }
    }

    private void scheduleExpiryRead(TypingRoom room, Duration firstExpiry) {
        Duration delay = firstExpiry.plusMillis(1).minus(COOLDOWN); // at the expiry itself the key still exists
        expiryReads.put(
                room, thread.schedule(() -> request(room), Math.max(0, delay.toMillis()), TimeUnit.MILLISECONDS));
    }

    private void cancelExpiryRead(TypingRoom room) {
        Future<?> read = expiryReads.remove(room);
        if (read != null) {
            read.cancel(false);
        }
    }
}
