package io.flowhub.ephemeral.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A proxy that makes Redis distant: what is sent arrives half a round trip later, in order. In each direction at most
 * 1,024 reads are under way. Connecting takes one more round trip, as the handshake of TCP does. When one side closes
 * its connection, both directions end. Two threads for each direction wait until there is something to do, and need
 * little of the cores that the measured processes run on.
 *
 * <p>Arguments: the port to listen on, the port of Redis, the round trip in milliseconds.
 */
final class DelayingProxy {

    private static final int READ_BYTES = 1 << 16;

    /** Per direction: at most 64 MB. Beyond it the proxy stops reading. */
    private static final int MAX_PARTS_UNDER_WAY = 1 << 10;

    /** No bytes: the sender has closed the connection. */
    private static final ByteBuffer END = ByteBuffer.allocate(0);

    private final InetSocketAddress redis;
    private final long oneWayNanos;
    private final ServerSocketChannel listener = ServerSocketChannel.open();

    public static void main(String[] args) throws IOException {
        Duration roundTrip = Duration.ofMillis(Long.parseLong(args[2]));
        new DelayingProxy(Integer.parseInt(args[0]), Integer.parseInt(args[1]), roundTrip).run();
    }

    private DelayingProxy(int port, int redisPort, Duration roundTrip) throws IOException {
        this.redis = new InetSocketAddress(InetAddress.getLoopbackAddress(), redisPort);
        this.oneWayNanos = roundTrip.toNanos() / 2;
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private void run() throws IOException {
        while (true) {
            SocketChannel client = listener.accept();
            try {
                SocketChannel server = SocketChannel.open(redis);
                long connectedNanos = System.nanoTime() + 2 * oneWayNanos;
                new Direction(client, server, connectedNanos).start();
                new Direction(server, client, connectedNanos).start();
            } catch (IOException e) {
                client.close(); // Redis is down
            }
        }
    }

    private record Part(ByteBuffer bytes, long dueNanos) {}

    private final class Direction {

        private final SocketChannel from;
        private final SocketChannel to;
        private final long connectedNanos;
        private final BlockingQueue<Part> underWay = new ArrayBlockingQueue<>(MAX_PARTS_UNDER_WAY);

        private Direction(SocketChannel from, SocketChannel to, long connectedNanos) throws IOException {
            this.from = from;
            this.to = to;
            this.connectedNanos = connectedNanos;
            from.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }

        private void start() {
            new Thread(this::read, "read").start();
            new Thread(this::deliver, "deliver").start();
        }

        private void read() {
            ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
            try {
                while (from.read(buffer.clear()) >= 0) {
                    buffer.flip();
                    put(ByteBuffer.allocate(buffer.remaining()).put(buffer).flip());
                }
            } catch (IOException e) {
                // As if the sender had closed the connection.
            }
            put(END);
        }

        private void put(ByteBuffer bytes) {
            Part part = new Part(bytes, Math.max(System.nanoTime(), connectedNanos) + oneWayNanos);
            while (!underWay.offer(part) && to.isOpen()) {
                LockSupport.parkNanos(oneWayNanos);
            }
        }

        private Part takeDue() throws InterruptedException {
            Part part = underWay.take();
            while (part.dueNanos() > System.nanoTime()) {
                LockSupport.parkNanos(part.dueNanos() - System.nanoTime());
            }
            return part;
        }

        private void deliver() {
            try (from;
                    to) {
                for (Part part = takeDue(); part.bytes().hasRemaining(); part = takeDue()) {
                    while (part.bytes().hasRemaining()) {
                        to.write(part.bytes());
                    }
                }
            } catch (IOException | InterruptedException e) {
                // The receiver has closed the connection.
            }
        }
    }
}
