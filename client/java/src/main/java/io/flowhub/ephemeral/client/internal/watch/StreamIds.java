package io.flowhub.ephemeral.client.internal.watch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one stream of a watch has not sent yet, and what its server has not acknowledged yet. An id that is added and
 * removed before it is sent costs nothing, so memory is bounded by the number of ids. Thread-safe.
 */
final class StreamIds {

    /** The server's limit. */
    private static final int MAX_PER_MESSAGE = 1_000;

    private final Set<String> added = new LinkedHashSet<>();
    private final Set<String> removed = new LinkedHashSet<>();
    private final Set<String> unacknowledged = new HashSet<>();
    private final Set<String> awaited = new HashSet<>();

    /** The changes of one message. */
    record Change(List<String> added, List<String> removed) {}

    synchronized void add(String id) {
        removed.remove(id);
        added.add(id);
        unacknowledged.add(id);
    }

    synchronized void remove(String id) {
        added.remove(id);
        removed.add(id);
        unacknowledged.remove(id);
        awaited.remove(id);
    }

    /** For a new stream: all these ids have to be sent and acknowledged. */
    synchronized void reset(Collection<String> ids) {
        removed.clear();
        added.clear();
        added.addAll(ids);
        unacknowledged.clear();
        unacknowledged.addAll(ids);
        awaitAll();
    }

    /** The changes to send next, or null if there are none. */
    synchronized @Nullable Change next() {
        return added.isEmpty() && removed.isEmpty() ? null : new Change(take(added), take(removed));
    }

    /** The server sent something about this id. */
    synchronized void acknowledge(String id) {
        unacknowledged.remove(id);
        awaited.remove(id);
    }

    /** Whether the server has sent something about an id that is watched. */
    synchronized boolean isAcknowledged(String id) {
        return !unacknowledged.contains(id);
    }

    /** From now on {@link #isAwaitOver} is about the present ids, those added later excluded: else it might never end. */
    synchronized void awaitAll() {
        awaited.clear();
        awaited.addAll(unacknowledged);
    }

    /** Whether the server has sent something about each id that was present at the last {@link #awaitAll}. */
    synchronized boolean isAwaitOver() {
        return awaited.isEmpty();
    }

    private static List<String> take(Set<String> ids) {
        List<String> taken = new ArrayList<>(Math.min(ids.size(), MAX_PER_MESSAGE));
        Iterator<String> rest = ids.iterator();
        while (rest.hasNext() && taken.size() < MAX_PER_MESSAGE) {
            taken.add(rest.next());
            rest.remove();
        }
        return taken;
    }
}
