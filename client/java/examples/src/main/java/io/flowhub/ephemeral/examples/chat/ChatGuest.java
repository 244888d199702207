package io.flowhub.ephemeral.examples.chat;

import java.util.UUID;
import org.java_websocket.WebSocket;
import org.java_websocket.exceptions.WebsocketNotConnectedException;

/** One connection of a user in a room. A user may have several, to this gateway or another one. */
record ChatGuest(String room, String name, String connectionId, WebSocket socket) {

    /** @param resource the path of the WebSocket: {@code /room/name} */
    static ChatGuest of(String resource, WebSocket socket) {
        String[] parts = resource.split("/", -1);
        if (parts.length != 3 || !isId(parts[1]) || !isId(parts[2])) {
            throw new IllegalArgumentException("resource: \"" + resource + "\" (expected: /room/name)");
        }
        return new ChatGuest(parts[1], parts[2], UUID.randomUUID().toString(), socket);
    }

    /** Does not wait for the browser. */
    void send(String line) {
        try {
            socket.send(line);
        } catch (WebsocketNotConnectedException e) {
            // Closed a moment ago; onClose follows.
        }
    }

    private static boolean isId(String id) {
        return id.matches("[A-Za-z0-9._-]{1,64}");
    }
}
