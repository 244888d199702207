package io.flowhub.ephemeral.client;

import java.nio.charset.StandardCharsets;
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
 * What a watch is to watch, what the server has yet to hear of it, and what was told last of each. What is added and
 * removed before the server hears of it is forgotten, so that all this is never more than there are ids. Thread-safe.
 */
final class Roster<S> {

    /** What the server takes: of a message, and of a stream. */
    private static final int MAX_PER_MESSAGE = 1_000;

    private static final int MAX_IDS = 20_000;
    private static final int MAX_ID_BYTES = 128;

    private final Map<String, Entry<S>> entries = new LinkedHashMap<>();
    private final Set<String> added = new LinkedHashSet<>();
    private final Set<String> removed = new LinkedHashSet<>();
    private int unheard;

    /** A message's worth of changes. */
    record Change(List<String> added, List<String> removed) {}

    private static final class Entry<S> {

        private @Nullable S told;
        private boolean isHeard;
    }

    /**
     * @throws IllegalArgumentException if an id breaks the rule, for which the server would end the stream
     * @throws IllegalStateException if there would be more than 20,000. None is added then
     */
    synchronized void add(Collection<String> ids) {
        ids.forEach(Roster::checked);
        Set<String> fresh = new LinkedHashSet<>(ids);
        fresh.removeAll(entries.keySet());
        if (entries.size() + fresh.size() > MAX_IDS) {
            throw new IllegalStateException(
                    "watched: " + (entries.size() + fresh.size()) + " (expected: at most " + MAX_IDS + ")");
        }
        for (String id : fresh) {
            entries.put(id, new Entry<>());
            unheard++;
            removed.remove(id);
            added.add(id);
        }
    }

    synchronized void remove(Collection<String> ids) {
        for (String id : ids) {
            Entry<S> entry = entries.remove(id);
            if (entry != null) {
                unheard -= entry.isHeard ? 0 : 1;
                added.remove(id);
                removed.add(id);
            }
        }
    }

    /** The server is another one, or does not remember: it has to hear of all. */
    synchronized void startAnew() {
        removed.clear();
        added.clear();
        added.addAll(entries.keySet());
        entries.values().forEach(entry -> entry.isHeard = false);
        unheard = entries.size();
    }

    /** What to tell the server next, or null. */
    synchronized @Nullable Change next() {
        return added.isEmpty() && removed.isEmpty() ? null : new Change(take(added), take(removed));
    }

    /** The server said something of it. Returns whether that is wanted, which it is not once it was removed. */
    synchronized boolean hear(String id) {
        Entry<S> entry = entries.get(id);
        if (entry == null) {
            return false;
        }
        unheard -= entry.isHeard ? 0 : 1;
        entry.isHeard = true;
        return true;
    }

    /** As {@link #hear(String)}; returns whether it is wanted and something else than was told last. */
    synchronized boolean hear(String id, S state) {
        Entry<S> entry = entries.get(id);
        if (!hear(id) || entry == null || state.equals(entry.told)) {
            return false;
        }
        entry.told = state;
        return true;
    }

    /** Whether the server has said something of each. */
    synchronized boolean isHeard() {
        return unheard == 0;
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

    static String checked(String id) {
        int bytes = id.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > MAX_ID_BYTES || id.codePoints().anyMatch(Roster::isForbidden)) {
            throw new IllegalArgumentException("id: \"" + id + "\" (expected: 1 to " + MAX_ID_BYTES
                    + " bytes; no ':', '{', '}', white space or control characters)");
        }
        return id;
    }

    private static boolean isForbidden(int c) {
        return c == ':'
                || c == '{'
                || c == '}'
                || Character.isSpaceChar(c)
                || Character.isISOControl(c)
                || Character.getType(c) == Character.SURROGATE;
    }
}
