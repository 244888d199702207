package io.flowhub.ephemeral.client.internal.watch;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/** The ids of the messages delivered last. Not thread-safe. */
final class MessageIds {

    /** More than arrive on two streams while one replaces the other, with 10,000 messages a second. */
    private static final int MAX = 1_024;

    private final Set<String> ids = new LinkedHashSet<>();

    /** Returns false if the id is one of the last. An empty id, of an older server, never is. */
    boolean addIfAbsent(String id) {
        if (id.isEmpty()) {
            return true;
        }
        boolean isNew = ids.add(id);
        if (ids.size() > MAX) {
            Iterator<String> oldest = ids.iterator();
            oldest.next();
            oldest.remove();
        }
        return isNew;
    }
}
