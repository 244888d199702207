package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fanout.Topic;

/** A room that streams subscribe to. Nothing of it is stored. */
final class BroadcastRoom extends Topic {

    BroadcastRoom(String id) {
        super(id);
    }
}
