package io.flowhub.ephemeral.server.presence;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which streams of this server watch each user. Thread-safe. */
final class StreamsByUser {

    private final Map<String, Set<PresenceStream>> streams = new ConcurrentHashMap<>();

    Set<PresenceStream> get(String userId) {
        return streams.getOrDefault(userId, Set.of());
    }

    /** The watched users. */
    List<String> userIds() {
        return List.copyOf(streams.keySet());
    }

    void add(PresenceStream stream, String userId) {
        streams.compute(userId, (id, present) -> {
            Set<PresenceStream> all = present == null ? ConcurrentHashMap.newKeySet() : present;
            all.add(stream);
            return all;
        });
    }

    void remove(PresenceStream stream, String userId) {
        streams.computeIfPresent(userId, (id, present) -> {
            present.remove(stream);
            return present.isEmpty() ? null : present;
        });
    }
}
