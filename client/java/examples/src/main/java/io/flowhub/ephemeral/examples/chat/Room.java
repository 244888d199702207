package io.flowhub.ephemeral.examples.chat;

import java.util.HashSet;
import java.util.Set;

/** What one gateway knows of a room: who is connected here, and the names of all who were seen, whichever the gateway. */
record Room(Set<Guest> guests, Set<String> names) {

    Room() {
        this(new HashSet<>(), new HashSet<>());
    }

    /** Does not wait for the browsers. */
    void tell(String line) {
        guests.forEach(guest -> guest.tell(line));
    }
}
