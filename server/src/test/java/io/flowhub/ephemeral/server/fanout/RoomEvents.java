package io.flowhub.ephemeral.server.fanout;

import java.util.List;

/** The events of messages, as text. */
final class RoomEvents implements BoundedOutbox.Events<Room, String> {

    @Override
    public String stale() {
        return "stale";
    }

    @Override
    public String resynced() {
        return "resynced";
    }

    @Override
    public String gap() {
        return "gap";
    }

    @Override
    public String gap(Room room, long lost) {
        return room.id() + " lost " + lost;
    }

    @Override
    public String ack(List<Room> rooms) {
        return "ack of " + rooms.size();
    }
}
