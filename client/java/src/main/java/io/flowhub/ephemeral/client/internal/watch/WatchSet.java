package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.internal.IdFormat;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The ids that a watch holds, the last state delivered for each, and the streams that follow their changes. Thread-safe. */
final class WatchSet<S> {

    /** The server's limit per stream. */
    private static final int MAX_IDS = 20_000;

    private final Map<String, Entry<S>> entries = new LinkedHashMap<>();
    private final Set<StreamIds> streams = new HashSet<>();

    private static final class Entry<S> {

        private @Nullable S delivered;
        private long version;
    }

    /** For a new stream, which has to send all ids and each later change. */
    synchronized StreamIds newStream() {
        StreamIds stream = new StreamIds();
        stream.reset(entries.keySet());
        streams.add(stream);
        return stream;
    }

    /** The stream broke: it has to send all ids again. */
    synchronized void reset(StreamIds stream) {
        stream.reset(entries.keySet());
    }

    /** The stream receives no further change. Returns false if it did not receive any before. */
    synchronized boolean detach(StreamIds stream) {
        return streams.remove(stream);
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
            streams.forEach(stream -> stream.add(id));
        }
    }

    synchronized void remove(Collection<String> ids) {
        for (String id : ids) {
            if (entries.remove(id) != null) {
                streams.forEach(stream -> stream.remove(id));
            }
        }
    }

    synchronized boolean contains(String id) {
        return entries.containsKey(id);
    }

    /** Stores the state. Returns true if it has to be delivered: watched and changed. */
    synchronized boolean update(String id, S state, long version) {
        Entry<S> entry = entries.get(id);
        if (entry == null) {
            return false;
        }
        boolean isChanged = !state.equals(entry.delivered);
        entry.delivered = state;
        entry.version = version;
        return isChanged;
    }

    /** Whether a state with a later version was stored. */
    synchronized boolean isOlder(String id, long version) {
        Entry<S> entry = entries.get(id);
        return entry != null && version < entry.version;
    }

    /** Each next state counts as changed. */
    synchronized void forgetStates() {
        entries.values().forEach(entry -> entry.delivered = null);
    }
}
