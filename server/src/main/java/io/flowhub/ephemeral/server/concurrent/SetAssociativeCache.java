package io.flowhub.ephemeral.server.concurrent;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A set-associative cache, as in a processor: the hash of a key selects a set of four slots, and a key is in one of them.
 * Memory is bounded by the number of slots, and there is no lock, no eviction queue and no background work. Of 10,000 keys
 * 1 % do not fit into their set; with one slot per key, in an array of half the size, it was every second key.
 *
 * <p>A key that finds its set full evicts one that was not used recently (bit-PLRU: a use sets a bit of the slot, and
 * clears those of the other slots of the set if each has it). So an entry may disappear at any time, and a miss must be
 * cheap and correct: the user of the key pays one more call or command to Redis. The result is never wrong, because an
 * entry holds its key.
 */
public final class SetAssociativeCache<E extends SetAssociativeCache.Entry> {

    private static final int WAYS = 4;
    private static final int SET_BITS = 13;
    private static final int SETS = 1 << SET_BITS;

    /** 2^32 divided by the golden ratio: a product with it spreads keys that differ in their last character. */
    private static final int GOLDEN_RATIO = 0x9E3779B9;

    /** The entry was put or read recently. */
    private static final int USED = 1;

    private final AtomicReferenceArray<@Nullable E> entries = new AtomicReferenceArray<>(SETS * WAYS);

    /**
     * The hash of the key in each slot, so that {@link #get} does not read entries of other keys: with many keys, each is
     * seldom in a cache of the processor. The lowest bit is {@link #USED} instead. It is a hint: threads that write one slot
     * at the same time may leave the hash of one and the entry of the other, which is a miss until the next write.
     */
    private final int[] hints = new int[SETS * WAYS];

    /** What is cached. It holds its key itself: a lookup follows one reference less. */
    public interface Entry {
        String key();
    }

    public @Nullable E get(String key) {
        int hash = key.hashCode();
        int first = firstSlot(hash);
        for (int slot = first; slot < first + WAYS; slot++) {
            if ((hints[slot] | USED) == (hash | USED)) {
                E entry = entries.get(slot);
                if (entry != null && entry.key().equals(key)) {
                    if ((hints[slot] & USED) == 0) {
                        use(slot, first, hash);
                    }
                    return entry;
                }
            }
        }
        return null;
    }

    public void put(E entry) {
        int hash = entry.key().hashCode();
        int first = firstSlot(hash);
        int slot = slotFor(entry.key(), first);
        entries.set(slot, entry);
        use(slot, first, hash);
    }

    private void use(int slot, int first, int hash) {
        hints[slot] = hash | USED;
        if (unusedIn(first) < 0) {
            for (int other = first; other < first + WAYS; other++) {
                hints[other] = other == slot ? hash | USED : hints[other] & ~USED;
            }
        }
    }

    /** A slot of the set that was not used recently, or -1. */
    private int unusedIn(int first) {
        for (int slot = first; slot < first + WAYS; slot++) {
            if ((hints[slot] & USED) == 0) {
                return slot;
            }
        }
        return -1;
    }

    /** The slot that has the key, else an empty one, else one of another key. */
    private int slotFor(String key, int first) {
        int empty = -1;
        for (int slot = first; slot < first + WAYS; slot++) {
            E entry = entries.get(slot);
            if (entry != null && entry.key().equals(key)) {
                return slot;
            }
            if (entry == null && empty < 0) {
                empty = slot;
            }
        }
        return empty >= 0 ? empty : Math.max(first, unusedIn(first));
    }

    /** Two threads that put a key at the same time may have put it into two slots. */
    public void invalidate(String key) {
        int first = firstSlot(key.hashCode());
        for (int slot = first; slot < first + WAYS; slot++) {
            E entry = entries.get(slot);
            if (entry != null && entry.key().equals(key)) {
                entries.compareAndSet(slot, entry, null);
            }
        }
    }

    public void clear() {
        for (int slot = 0; slot < SETS * WAYS; slot++) {
            entries.set(slot, null);
        }
    }

    private static int firstSlot(int hash) {
        return ((hash * GOLDEN_RATIO) >>> (Integer.SIZE - SET_BITS)) * WAYS;
    }
}
