package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A proxy in front of Redis that adds a round trip: to each exchange, and to connecting. */
final class DistantRedis implements AutoCloseable {

    private final int port;
    private final long oneWayNanos;
    private final ServerSocket listener;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    private record Part(ByteBuffer bytes, long dueNanos) {}

    DistantRedis(RedisProcess redis, Duration roundTrip) throws IOException {
        this(redis.port(), roundTrip);
    }

    /** @param port of Redis */
    DistantRedis(int port, Duration roundTrip) throws IOException {
        this.port = port;
        this.oneWayNanos = roundTrip.toNanos() / 2;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            sockets.addAll(List.of(client, server));
            carry(
                    client.getInputStream(),
                    server.getOutputStream(),
                    System.nanoTime() + 2 * oneWayNanos); // the TCP handshake
            carry(server.getInputStream(), client.getOutputStream(), System.nanoTime());
        }
    }

    private void carry(InputStream in, OutputStream out, long fromNanos) {
        BlockingQueue<Part> underWay = new LinkedBlockingQueue<>();
        start(() -> {
            byte[] buffer = new byte[1 << 16];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                long sent = Math.max(System.nanoTime(), fromNanos);
                underWay.add(new Part(ByteBuffer.wrap(Arrays.copyOf(buffer, length)), sent + oneWayNanos));
            }
        });
        start(() -> {
            while (true) {
                Part part = underWay.take();
                TimeUnit.NANOSECONDS.sleep(part.dueNanos() - System.nanoTime());
                out.write(part.bytes().array());
            }
        });
    }

    private interface Transfer {
        void run() throws IOException, InterruptedException;
    }

    private static void start(Transfer transfer) {
        Thread thread = new Thread(() -> {
            try {
                transfer.run();
            } catch (IOException | InterruptedException e) {
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
