package io.flowhub.ephemeral.client;

import java.util.Set;

/** Receives the users typing in the watched rooms. */
public interface TypingListener extends WatchListener {

    /**
     * The users typing in a room. Replaces the set received before.
     *
     * @param userIds unmodifiable, in alphabetical order, may be empty. At most 1,000; if more are typing, those with the
     *     latest call
     */
    void typing(String roomId, Set<String> userIds);
}
