package io.flowhub.ephemeral.server.concurrent;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A direct-mapped cache: each key has exactly one slot, chosen by its hash, and the last write to a slot wins. Memory is
 * bounded by the number of slots, a read and a write cost one volatile access each, and there is no lock, no eviction
 * queue and no background work.
 *
 * <p>The price is that two keys with the same slot evict each other. So an entry may disappear at any time, and a miss
 * must be cheap and correct: both users pay one more call or command to Redis. The result is never wrong, because an
 * entry holds its key.
 */
public final class DirectMappedCache<V> {

    private static final int SIZE = 1 << 14;

    private final AtomicReferenceArray<@Nullable Entry<V>> entries = new AtomicReferenceArray<>(SIZE);

    private record Entry<V>(String key, V value) {}

    public @Nullable V get(String key) {
        Entry<V> entry = entries.get(index(key));
        return entry != null && entry.key().equals(key) ? entry.value() : null;
    }

    public void put(String key, V value) {
        entries.set(index(key), new Entry<>(key, value));
    }

    public void invalidate(String key) {
        int index = index(key);
        Entry<V> entry = entries.get(index);
        if (entry != null && entry.key().equals(key)) {
            entries.compareAndSet(index, entry, null);
        }
    }

    public void clear() {
        for (int index = 0; index < SIZE; index++) {
            entries.set(index, null);
        }
    }

    private static int index(String key) {
        int hash = key.hashCode();
        return (hash ^ (hash >>> 16)) & (SIZE - 1);
    }
}
