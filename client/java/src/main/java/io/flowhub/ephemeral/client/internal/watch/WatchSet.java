package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.internal.IdFormat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ids that a watch holds, the changes that the server has not received yet, and the last state delivered for each. An
 * id that is added and removed before it is sent costs nothing, so memory is bounded by the number of ids. Thread-safe.
 */
final class WatchSet<S> {

    /** The server's limits, per message and per stream. */
    private static final int MAX_PER_MESSAGE = 1_000;

    private static final int MAX_IDS = 20_000;

    private final Map<String, Entry<S>> entries = new LinkedHashMap<>();
    private final Set<String> added = new LinkedHashSet<>();
    private final Set<String> removed = new LinkedHashSet<>();
    private int unacknowledged;

    /** The changes of one message. */
    record Change(List<String> added, List<String> removed) {}

    private static final class Entry<S> {

        private @Nullable S delivered;
        private boolean isAcknowledged;
    }

    /**
     * @throws IllegalArgumentException if an id breaks the rule; none is added then
     * @throws IllegalStateException if there would be more than 20,000; none is added then
     */
    synchronized void add(Collection<String> ids) {
        ids.forEach(IdFormat::require);
        Set<String> absent = new LinkedHashSet<>(ids);
        absent.removeAll(entries.keySet());
        if (entries.size() + absent.size() > MAX_IDS) {
            throw new IllegalStateException(
                    "watched: " + (entries.size() + absent.size()) + " (expected: at most " + MAX_IDS + ")");
        }
        for (String id : absent) {
            entries.put(id, new Entry<>());
            unacknowledged++;
            removed.remove(id);
            added.add(id);
        }
    }

    synchronized void remove(Collection<String> ids) {
        for (String id : ids) {
            Entry<S> entry = entries.remove(id);
            if (entry != null) {
                unacknowledged -= entry.isAcknowledged ? 0 : 1;
                added.remove(id);
                removed.add(id);
            }
        }
    }

    /** For a new stream: all ids have to be sent and acknowledged again. Delivered states are kept. */
    synchronized void reset() {
        removed.clear();
        added.clear();
        added.addAll(entries.keySet());
        entries.values().forEach(entry -> entry.isAcknowledged = false);
        unacknowledged = entries.size();
    }

    /** The changes to send next, or null if there are none. */
    synchronized @Nullable Change next() {
        return added.isEmpty() && removed.isEmpty() ? null : new Change(take(added), take(removed));
    }

    /** The server sent something about this id. Returns false if the id was removed. */
    synchronized boolean acknowledge(String id) {
        Entry<S> entry = entries.get(id);
        if (entry == null) {
            return false;
        }
        unacknowledged -= entry.isAcknowledged ? 0 : 1;
        entry.isAcknowledged = true;
        return true;
    }

    /** Acknowledges the id and stores its state. Returns true if the state has to be delivered: watched and changed. */
    synchronized boolean update(String id, S state) {
        Entry<S> entry = entries.get(id);
        if (!acknowledge(id) || entry == null || state.equals(entry.delivered)) {
            return false;
        }
        entry.delivered = state;
        return true;
    }

    /** Whether the server has sent something about each id since {@link #reset}. */
    synchronized boolean isAcknowledged() {
        return unacknowledged == 0;
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
