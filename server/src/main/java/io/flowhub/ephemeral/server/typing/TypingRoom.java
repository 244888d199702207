package io.flowhub.ephemeral.server.typing;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** A room that somebody watches: who does, and what they know. Of the thread of {@link TypingHub}, but for the bell. */
final class TypingRoom {

    private final String id;
    private final Set<TypingStream> watches = new LinkedHashSet<>();

    /** Who gets the next list that is asked for, whatever it is. */
    private final Set<TypingStream> newcomers = new HashSet<>();

    /** Who gets the list that is being read, whatever it is. */
    private final Set<TypingStream> awaiting = new HashSet<>();

    private final AtomicBoolean rung = new AtomicBoolean();
    private List<String> known = List.of();

    TypingRoom(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    /** Says, on any thread, that the list changed. Returns whether it is the first to say so since it was last answered. */
    boolean ring() {
        return rung.compareAndSet(false, true);
    }

    void answerBell() {
        rung.set(false);
    }

    void add(TypingStream watch) {
        watches.add(watch);
        newcomers.add(watch);
    }

    void remove(TypingStream watch) {
        watches.remove(watch);
        newcomers.remove(watch);
        awaiting.remove(watch);
    }

    boolean isWatched() {
        return !watches.isEmpty();
    }

    /** The list is being read from now on. */
    void beginRead() {
        awaiting.addAll(newcomers);
        newcomers.clear();
    }

    /** Tells the list to whom it is news. */
    void endRead(List<String> userIds) {
        boolean changed = !userIds.equals(known);
        known = userIds;
        for (TypingStream watch : changed ? watches : awaiting) {
            watch.tell(id, known);
        }
        awaiting.forEach(watch -> watch.tried(id));
        awaiting.clear();
    }

    /** The list could not be read. */
    void failRead() {
        awaiting.forEach(watch -> watch.tried(id));
        newcomers.addAll(awaiting);
        awaiting.clear();
    }
}
