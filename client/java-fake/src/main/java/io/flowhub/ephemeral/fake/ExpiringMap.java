package io.flowhub.ephemeral.fake;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values that expire. Its methods are called under the lock of the fake. */
final class ExpiringMap<K, V> {

    private final TestClock clock;
    private final Map<K, Entry<V>> entries = new LinkedHashMap<>();

    ExpiringMap(TestClock clock) {
        this.clock = clock;
    }

    Entry<V> put(K key, V value, Duration ttl) {
        Entry<V> entry = new Entry<>(value, clock.now().plus(ttl));
        entries.put(key, entry);
        return entry;
    }

    /** With the present expiry; absent if it has expired. */
    Optional<Entry<V>> find(K key) {
        Entry<V> entry = entries.get(key);
        return entry == null || !entry.expiry.isAfter(clock.now()) ? Optional.empty() : Optional.of(entry);
    }

    Optional<V> get(K key) {
        return find(key).map(Entry::value);
    }

    Optional<V> remove(K key) {
        Optional<V> present = get(key);
        entries.remove(key);
        return present;
    }

    List<K> keys() {
        removeExpired();
        return List.copyOf(entries.keySet());
    }

    /** The keys that expired since the last call. */
    List<K> removeExpired() {
        Instant now = clock.now();
        List<K> expired = entries.entrySet().stream()
                .filter(entry -> !entry.getValue().expiry.isAfter(now))
                .map(Map.Entry::getKey)
                .toList();
        expired.forEach(entries::remove);
        return expired;
    }

    record Entry<V>(V value, Instant expiry) {}
}
