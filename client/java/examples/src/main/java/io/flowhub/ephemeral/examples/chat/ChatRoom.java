package io.flowhub.ephemeral.examples.chat;

import java.util.HashSet;
import java.util.Set;

/** One gateway's view of a room: the guests connected here, and the names seen on any gateway. */
record ChatRoom(Set<ChatGuest> guests, Set<String> names) {

    ChatRoom() {
        this(new HashSet<>(), new HashSet<>());
    }

    /** Does not wait for the browsers. */
    void send(String line) {
        guests.forEach(guest -> guest.send(line));
    }
}
