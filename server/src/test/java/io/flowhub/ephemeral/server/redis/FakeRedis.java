package io.flowhub.ephemeral.server.redis;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A server that implements enough of Redis's protocol for Redisson to connect. It accepts the probes of the
 * client. It records all other script calls that arrive and replies as the test chooses, or never.
 */
final class FakeRedis implements AutoCloseable {

    /** A script call, with the number of its connection. */
    record Arrival(int connection, String command, String script, List<String> keysAndArgs) {}

    /** The reaction to a script call. */
    sealed interface Answer {}

    /** The reply in Redis's protocol, such as {@code *1\r\n:1\r\n}. */
    record Send(String reply) implements Answer {}

    /** The reply is of these bytes, one a character; then the connection is closed. */
    record Last(String latin) implements Answer {}

    /** No reply, to this or to any later command of the connection: Redis replies in order. */
    record Nothing() implements Answer {}

    /** The connection is closed instead of a reply. */
    record HangUp() implements Answer {}

    /** With a script of its own, Redisson checks at the start whether a single Redis is part of a Cluster. */
    private static final String DETECTION_KEY = "test1";

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final Function<Arrival, Answer> answers;

    FakeRedis(Function<Arrival, Answer> answers) throws IOException {
        this.answers = answers;
        run("fake-redis", this::accept);
    }

    String url() {
        return "redis://127.0.0.1:" + server.getLocalPort();
    }

    /** The script calls so far, in order of arrival. */
    List<Arrival> arrivals() {
        return List.copyOf(arrivals);
    }

    /** Number of connections accepted so far. */
    int connections() {
        return connections.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                int connection = connections.incrementAndGet();
                run("fake-redis-" + connection, () -> serve(socket, connection));
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private void serve(Socket socket, int connection) {
        try (socket;
                InputStream in = new BufferedInputStream(socket.getInputStream());
                OutputStream out = socket.getOutputStream()) {
            boolean silent = false;
            while (true) {
                List<String> command = read(in);
                Answer answer = answer(connection, command);
                silent |= answer instanceof Nothing;
                if (answer instanceof HangUp) {
                    return;
                }
                if (answer instanceof Last last) {
                    out.write(last.latin().getBytes(StandardCharsets.ISO_8859_1));
                    return;
                }
                if (answer instanceof Send send && !silent) {
                    out.write(send.reply().getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // The peer disconnected, or the test is over.
        }
    }

    private Answer answer(int connection, List<String> command) {
        String name = command.get(0).toUpperCase(java.util.Locale.ROOT);
        if (command.contains(DETECTION_KEY)) {
            return new Send("-ERR no\r\n");
        }
        if (command.contains(WriteProbe.KEY)) {
            return new Send("*3\r\n:1\r\n$0\r\n\r\n$0\r\n\r\n");
        }
        return switch (name) {
            case "EVALSHA", "EVAL" -> {
                Arrival arrival = new Arrival(connection, name, command.get(1), command.subList(3, command.size()));
                arrivals.add(arrival);
                yield answers.apply(arrival);
            }
            case "PING" -> new Send("+PONG\r\n");
            case "AUTH", "CLIENT", "SELECT" -> new Send("+OK\r\n");
            default -> new Send("-ERR unknown command '" + name + "'\r\n");
        };
    }

    private static List<String> read(InputStream in) throws IOException {
        int count = number(in, '*');
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(new String(in.readNBytes(number(in, '$')), StandardCharsets.UTF_8));
            in.skipNBytes(2);
        }
        return parts;
    }

    private static int number(InputStream in, char type) throws IOException {
        int first = in.read();
        if (first != type) {
            throw new IOException("value: " + first + " (expected: " + type + ")");
        }
        StringBuilder digits = new StringBuilder();
        int next;
        while ((next = in.read()) != '\r') {
            digits.append((char) next);
        }
        in.skipNBytes(1);
        return Integer.parseInt(digits.toString());
    }

    private static void run(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
