package io.flowhub.ephemeral.server.fanout;

/** A topic without a state. */
final class Room extends Topic {

    Room(String id) {
        super(id);
    }
}
