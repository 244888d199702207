package io.flowhub.ephemeral.client;

import java.util.Set;

/** Hears who types in the watched rooms. */
public interface TypingListener extends WatchListener {

    /**
     * Who types in a room now, which replaces what was told of it before.
     *
     * @param userIds in the order of the alphabet, not to be changed, maybe empty; at most 1,000, of more those who said so last
     */
    void typing(String roomId, Set<String> userIds);
}
