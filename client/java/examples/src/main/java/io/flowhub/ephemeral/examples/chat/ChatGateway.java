package io.flowhub.ephemeral.examples.chat;

import com.sun.net.httpserver.HttpServer;
import io.flowhub.ephemeral.client.EphemeralClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import org.java_websocket.WebSocket;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.server.WebSocketServer;

/**
 * One of several gateways of a small chat. Browsers connect with a WebSocket to {@code /room/name} and send {@code send
 * <text>}, {@code typing} and {@code ping}; they receive {@code message <name> <text>}, {@code undelivered <text>}, {@code
 * typing <name>,<name>}, {@code online <name>}, {@code offline <name>} and {@code pong}. In an outage of Ephemeral, they
 * receive one {@code stale} and one {@code resynced}, and a {@code gap} if messages may be lost.
 */
public final class ChatGateway extends WebSocketServer {

    /** A browser that disappears without closing is detected after one to two intervals. */
    private static final int PING_SECONDS = 5;

    private final ChatRooms rooms;

    private ChatGateway(int port, ChatRooms rooms) {
        super(new InetSocketAddress(port));
        this.rooms = rooms;
        setConnectionLostTimeout(PING_SECONDS);
        setReuseAddr(true);
    }

    /** @param args the port for WebSockets, 8001 by default (the page is on the next port); the address of Ephemeral */
    public static void main(String[] args) throws IOException {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 8001;
        String target = args.length > 1 ? args[1] : "localhost:9090";
        EphemeralClient client = EphemeralClient.connect(target);
        Runtime.getRuntime().addShutdownHook(new Thread(client::close)); // Its guests go offline 10 s later.
        servePage(port + 1);
        new ChatGateway(port, new ChatRooms(client)).start();
    }

    @Override
    public void onStart() {
        System.out.printf("WebSockets on port %d, the page on http://localhost:%d%n", getPort(), getPort() + 1);
    }

    @Override
    public void onOpen(WebSocket socket, ClientHandshake handshake) {
        try {
            ChatGuest guest = ChatGuest.of(handshake.getResourceDescriptor(), socket);
            socket.setAttachment(guest);
            rooms.enter(guest);
        } catch (IllegalArgumentException e) {
            socket.close(4000, e.getMessage());
        }
    }

    @Override
    public void onMessage(WebSocket socket, String line) {
        ChatGuest guest = socket.getAttachment();
        if (guest == null) {
            return;
        }
        if (line.startsWith("send ")) {
            rooms.setTyping(guest, false);
            rooms.publishText(guest, line.substring("send ".length()));
        } else if (line.equals("typing")) {
            rooms.setTyping(guest, true);
        } else if (line.equals("ping")) {
            guest.send("pong"); // The page of a browser does not see the pings of the protocol.
        }
    }

    /** Also called after a broken connection or an unanswered ping. */
    @Override
    public void onClose(WebSocket socket, int code, String reason, boolean remote) {
        ChatGuest guest = socket.getAttachment();
        if (guest != null) {
            rooms.leave(guest);
        }
    }

    @Override
    public void onError(WebSocket socket, Exception failure) {
        System.out.println("WebSocket: " + failure);
        if (socket == null) {
            System.exit(1); // The port is in use.
        }
    }

    private static void servePage(int port) throws IOException {
        HttpServer pages = HttpServer.create(new InetSocketAddress(port), 0);
        pages.createContext("/", exchange -> {
            try (exchange;
                    InputStream page = ChatGateway.class.getResourceAsStream("/chat.html")) {
                byte[] html = page.readAllBytes();
                exchange.getResponseHeaders().add("Content-Type", "text/html; charset=utf-8");
                exchange.sendResponseHeaders(200, html.length);
                exchange.getResponseBody().write(html);
            }
        });
        pages.start();
    }
}
