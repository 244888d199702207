package io.flowhub.ephemeral.examples.chat;

import java.util.UUID;
import org.java_websocket.WebSocket;
import org.java_websocket.exceptions.WebsocketNotConnectedException;

/** Somebody in a room, over one connection. He may have others, to this gateway or another one. */
record Guest(String room, String name, String connectionId, WebSocket socket) {

    /** @param resource as the browser asked for it: {@code /room/name} */
    static Guest of(String resource, WebSocket socket) {
        String[] parts = resource.split("/", -1);
        if (parts.length != 3 || !isId(parts[1]) || !isId(parts[2])) {
            throw new IllegalArgumentException("resource: \"" + resource + "\" (expected: /room/name)");
        }
        return new Guest(parts[1], parts[2], UUID.randomUUID().toString(), socket);
    }

    /** Does not wait for the browser. */
    void tell(String line) {
        try {
            socket.send(line);
        } catch (WebsocketNotConnectedException e) {
            // Gone a moment ago; the gateway is about to hear of it.
        }
    }

    private static boolean isId(String id) {
        return id.matches("[A-Za-z0-9._-]{1,64}");
    }
}
