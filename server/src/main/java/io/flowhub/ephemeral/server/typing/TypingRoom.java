package io.flowhub.ephemeral.server.typing;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A watched room: the streams that watch it, and the list that they have. Confined to the thread of {@link TypingHub},
 * except {@link #markDirty}.
 */
final class TypingRoom {

    private final String id;
    private final Set<TypingStream> streams = new LinkedHashSet<>();

    /** The streams that receive the result of the next read even if it did not change. */
    private final Set<TypingStream> awaitingNextRead = new HashSet<>();

    /** The streams that receive the result of the read in flight even if it did not change. */
    private final Set<TypingStream> awaitingThisRead = new HashSet<>();

    private final AtomicBoolean dirty = new AtomicBoolean();
    private List<String> userIds = List.of();

    TypingRoom(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    /** The list has changed in Redis. Returns false if it is marked already. Thread-safe. */
    boolean markDirty() {
        return dirty.compareAndSet(false, true);
    }

    void clearDirty() {
        dirty.set(false);
    }

    void add(TypingStream stream) {
        streams.add(stream);
        awaitingNextRead.add(stream);
    }

    void remove(TypingStream stream) {
        streams.remove(stream);
        awaitingNextRead.remove(stream);
        awaitingThisRead.remove(stream);
    }

    boolean isWatched() {
        return !streams.isEmpty();
    }

    void onReadStarted() {
        awaitingThisRead.addAll(awaitingNextRead);
        awaitingNextRead.clear();
    }

    /** Sends the list to all streams if it changed, else to those that wait for it. */
    void onReadSucceeded(List<String> read) {
        boolean changed = !read.equals(userIds);
        userIds = read;
        for (TypingStream stream : changed ? streams : awaitingThisRead) {
            stream.offer(id, userIds);
        }
        awaitingThisRead.forEach(stream -> stream.onReadAttempted(id));
        awaitingThisRead.clear();
    }

    void onReadFailed() {
        awaitingThisRead.forEach(stream -> stream.onReadAttempted(id));
        awaitingNextRead.addAll(awaitingThisRead);
        awaitingThisRead.clear();
    }
}
