package io.flowhub.ephemeral.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A proxy in front of Redis that splits all replies at random places, drops every n-th message of a channel on average, and
 * closes the connections of subscriptions on demand.
 */
final class LossyProxy implements AutoCloseable {

    private static final int MAX_PART = 400;

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> subscriptions = ConcurrentHashMap.newKeySet();
    private final AtomicLong dropped = new AtomicLong();
    private final int redisPort;
    private final int messagesPerDrop;

    LossyProxy(int redisPort, int messagesPerDrop) throws IOException {
        this.redisPort = redisPort;
        this.messagesPerDrop = messagesPerDrop;
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    long dropped() {
        return dropped.get();
    }

    void closeSubscriptions() throws IOException {
        for (Socket client : subscriptions) {
            client.close();
        }
        subscriptions.clear();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket redis = new Socket(InetAddress.getLoopbackAddress(), redisPort);
            client.setTcpNoDelay(true);
            redis.setTcpNoDelay(true);
            start(() -> {
                try (client;
                        redis) {
                    client.getInputStream().transferTo(redis.getOutputStream());
                }
            });
            start(() -> {
                try (client;
                        redis) {
                    reply(redis.getInputStream(), client);
                }
            });
        }
    }

    private void reply(InputStream redis, Socket client) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(redis, 1 << 16));
        ByteArrayOutputStream replies = new ByteArrayOutputStream();
        while (true) {
            int begin = replies.size();
            String kind = copyReply(in, replies);
            if (kind.equals("subscribe")) {
                subscriptions.add(client);
            }
            if (kind.equals("message") && ThreadLocalRandom.current().nextInt(messagesPerDrop) == 0) {
                byte[] before = replies.toByteArray();
                replies.reset();
                replies.write(before, 0, begin);
                dropped.incrementAndGet();
            }
            if (in.available() == 0 || replies.size() > 1 << 16) {
                split(replies.toByteArray(), client.getOutputStream());
                replies.reset();
            }
        }
    }

    /** Returns the first bulk string of an array, which is the kind of a reply on a connection of subscriptions. */
    private static String copyReply(DataInputStream in, ByteArrayOutputStream out) throws IOException {
        String line = copyLine(in, out);
        int length = "*>$".indexOf(line.charAt(0)) < 0 ? 0 : Integer.parseInt(line.substring(1));
        if (line.charAt(0) == '$') {
            byte[] bytes = new byte[Math.max(0, length)];
            in.readFully(bytes);
            out.writeBytes(bytes);
            if (length >= 0) {
                copyLine(in, out);
            }
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        String first = "";
        for (int i = 0; i < length; i++) {
            String item = copyReply(in, out);
            first = i == 0 ? item : first;
        }
        return first;
    }

    /** Returns the line without its end. */
    private static String copyLine(DataInputStream in, ByteArrayOutputStream out) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            out.write(next);
            if (next == '\n') {
                return line.toString();
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
    }

    private static void split(byte[] bytes, OutputStream out) throws IOException {
        for (int from = 0; from < bytes.length; ) {
            int part = Math.min(
                    bytes.length - from, 1 + ThreadLocalRandom.current().nextInt(MAX_PART));
            out.write(bytes, from, part);
            from += part;
        }
    }

    private interface Transfer {
        void run() throws IOException;
    }

    private static void start(Transfer transfer) {
        Thread thread = new Thread(() -> {
            try {
                transfer.run();
            } catch (IOException e) {
                // A side closed its socket.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        closeSubscriptions();
    }
}
