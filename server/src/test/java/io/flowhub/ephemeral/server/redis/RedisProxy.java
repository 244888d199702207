package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/** A proxy in front of Redis that splits what Redis sends at random places, and can hold back what Redis publishes. */
final class RedisProxy implements AutoCloseable {

    private static final int MAX_PART = 400;

    private volatile RedisProcess redis;
    private final ServerSocket listener;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final Set<AtomicBoolean> subscriptions = ConcurrentHashMap.newKeySet();

    RedisProxy(RedisProcess redis) throws IOException {
        this.redis = redis;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    String url() {
        return "redis://127.0.0.1:" + listener.getLocalPort();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), redis.port());
            client.setTcpNoDelay(true);
            sockets.addAll(List.of(client, server));
            AtomicBoolean muted = new AtomicBoolean();
            start(() -> forward(client.getInputStream(), server.getOutputStream(), muted));
            start(() -> split(server.getInputStream(), client.getOutputStream(), muted));
        }
    }

    /** From now on, new connections lead to this Redis. */
    void leadTo(RedisProcess other) {
        redis = other;
    }

    /** From now on, nothing arrives on the subscription connections that are open. */
    void muteSubscriptions() {
        subscriptions.forEach(muted -> muted.set(true));
    }

    private void forward(InputStream in, OutputStream out, AtomicBoolean muted) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            if (new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains("\nSUBSCRIBE")) {
                subscriptions.add(muted);
            }
            out.write(buffer, 0, length);
        }
    }

    private static void split(InputStream in, OutputStream out, AtomicBoolean muted) throws IOException {
        Random random = new Random(7);
        byte[] buffer = new byte[1 << 16];
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            for (int from = 0; from < length; ) {
                int part = Math.min(length - from, 1 + random.nextInt(MAX_PART));
                if (!muted.get()) {
                    out.write(buffer, from, part);
                }
                from += part;
            }
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
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
