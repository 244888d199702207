package io.flowhub.ephemeral.examples.chat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A chat user with a WebSocket, as in a browser. */
final class ChatUser implements WebSocket.Listener {

    private static final int CONNECT_SECONDS = 10;

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Queue<String> all = new ConcurrentLinkedQueue<>();
    private final StringBuilder part = new StringBuilder();
    private final WebSocket socket;

    /** @param gateway host and port */
    ChatUser(String gateway, String room, String name) throws Exception {
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws://" + gateway + "/" + room + "/" + name), this)
                .get(CONNECT_SECONDS, TimeUnit.SECONDS);
    }

    void send(String line) throws Exception {
        socket.sendText(line, true).get(CONNECT_SECONDS, TimeUnit.SECONDS);
    }

    /** Whether this line arrives in time. Lines before it are skipped. */
    boolean receives(String line, int seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            String next = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (next == null || next.equals(line)) {
                return next != null;
            }
        }
    }

    /** Whether this line has arrived so far. */
    boolean hasReceived(String line) {
        return all.contains(line);
    }

    /** Closes the connection without a close frame. */
    void abort() {
        socket.abort();
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
        part.append(text);
        if (last) {
            all.add(part.toString());
            lines.add(part.toString());
            part.setLength(0);
        }
        from.request(1);
        return null;
    }
}
