package io.flowhub.ephemeral.client;

import java.util.Collection;
import java.util.List;

/**
 * A set of watched ids on one stream that reconnects by itself and then adds all ids again. Ids are user ids or room ids:
 * 1 to 128 bytes of UTF-8; no {@code :}, <code>{</code>, <code>}</code>, white space, control or format characters. Thread-safe.
 */
public interface Watch extends AutoCloseable {

    /** Adds one id, as {@link #add(Collection)} does. */
    default void add(String id) {
        add(List.of(id));
    }

    /**
     * Adds ids. Those that are already watched are ignored.
     *
     * @throws IllegalArgumentException if an id breaks the rule; none is added then
     * @throws IllegalStateException if there would be more than 20,000; none is added then
     */
    void add(Collection<String> ids);

    /** Removes one id, as {@link #remove(Collection)} does. */
    default void remove(String id) {
        remove(List.of(id));
    }

    /** Removes ids. A callback that is running may still be about one of them; no later one is. */
    void remove(Collection<String> ids);

    /** Ends the stream without waiting. A callback that is running continues; no other follows. */
    @Override
    void close();
}
