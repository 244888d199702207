package io.flowhub.ephemeral.server.fanout;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set of topics with a byte of flags each: a hash table with linear probing. An entry costs 6 to 13 bytes, in a
 * {@link java.util.HashSet} it costs 40, and servers hold hundreds of thousands. Not thread-safe.
 */
final class TopicTable<T extends Topic> {

    private static final int MIN_SLOTS = 8;

    /** A power of two, of which at most three quarters are in use. */
    private @Nullable Object[] slots = new Object[MIN_SLOTS];

    /** As long as the slots, or empty until the first flag is set. */
    private byte[] flags = {};

    private int size;

    int size() {
        return size;
    }

    @Nullable
    T get(String id) {
        int hash = Topic.hash(id);
        T topic;
        for (int slot = home(hash); (topic = at(slot)) != null; slot = next(slot)) {
            if (topic.hash() == hash && topic.id().equals(id)) {
                return topic;
            }
        }
        return null;
    }

    boolean contains(T topic) {
        return find(topic) >= 0;
    }

    /** Returns the slot of the topic for {@link #flags} and {@link #setFlags}, or -1. It changes with any change of the set. */
    int find(T topic) {
        T other;
        for (int slot = home(topic.hash()); (other = at(slot)) != null; slot = next(slot)) {
            if (other == topic) {
                return slot;
            }
        }
        return -1;
    }

    int flags(int slot) {
        return flags.length == 0 ? 0 : flags[slot] & 0xff;
    }

    void setFlags(int slot, int value) {
        if (flags.length == 0) {
            flags = new byte[slots.length];
        }
        flags[slot] = (byte) value;
    }

    /** Adds a topic that is absent, without flags. */
    void add(T topic) {
        if (4 * (size + 1) > 3 * slots.length) {
            grow();
        }
        insert(topic, 0);
        size++;
    }

    private void insert(T topic, int itsFlags) {
        int slot = home(topic.hash());
        while (slots[slot] != null) {
            slot = next(slot);
        }
        slots[slot] = topic;
        copyFlags(itsFlags, slot);
    }

    private void copyFlags(int itsFlags, int slot) {
        if (itsFlags != 0 || flags.length != 0) {
            setFlags(slot, itsFlags);
        }
    }

    private void grow() {
        TopicTable<T> old = new TopicTable<>();
        old.slots = slots;
        old.flags = flags;
        slots = new Object[2 * old.slots.length];
        flags = new byte[0];
        for (int slot = 0; slot < old.slots.length; slot++) {
            T topic = old.at(slot);
            if (topic != null) {
                insert(topic, old.flags(slot));
            }
        }
    }

    /** Removes a topic that is present. */
    void remove(T topic) {
        int hole = find(topic);
        T other;
        for (int slot = next(hole); (other = at(slot)) != null; slot = next(slot)) {
            if (distance(home(other.hash()), slot) >= distance(hole, slot)) { // else its search begins after the hole
                slots[hole] = other;
                copyFlags(flags(slot), hole);
                hole = slot;
            }
        }
        slots[hole] = null;
        copyFlags(0, hole);
        size--;
    }

    void clear() {
        slots = new Object[MIN_SLOTS];
        flags = new byte[0];
        size = 0;
    }

    void forEach(Consumer<T> action) {
        for (int slot = 0; slot < slots.length; slot++) {
            T topic = at(slot);
            if (topic != null) {
                action.accept(topic);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private @Nullable T at(int slot) {
        return (T) slots[slot];
    }

    private int home(int hash) {
        return hash & (slots.length - 1);
    }

    private int next(int slot) {
        return (slot + 1) & (slots.length - 1);
    }

    private int distance(int from, int to) {
        return (to - from) & (slots.length - 1);
    }
}
