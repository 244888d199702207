package io.flowhub.ephemeral.examples.chat;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** One gateway's view of a room: the guests connected here, and on any gateway the names seen and those typing now. */
record ChatRoom(Set<ChatGuest> guests, Set<String> names, Set<String> typing) {

    ChatRoom() {
        this(new HashSet<>(), new HashSet<>(), new TreeSet<>());
    }

    /** Does not wait for the browsers. */
    void send(String line) {
        guests.forEach(guest -> guest.send(line));
    }

    /** Who is typing, without the guest itself. */
    void sendTyping(ChatGuest guest) {
        String others = typing.stream().filter(name -> !name.equals(guest.name())).collect(Collectors.joining(","));
        guest.send("typing " + others);
    }
}
