package io.flowhub.ephemeral.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A proxy that makes Redis distant: what is sent arrives half a round trip later, in order and without a limit on its rate.
 * Connecting takes one more round trip, as the handshake of TCP does. One thread.
 *
 * <p>Arguments: the port to listen on, the port of Redis, the round trip in milliseconds.
 */
final class DelayingProxy {

    private static final int READ_BYTES = 1 << 16;

    /** Per direction. Beyond it the proxy stops reading. */
    private static final int MAX_BYTES_UNDER_WAY = 64 << 20;

    /** The timeout of a selector has milliseconds; below that the thread parks, and looks this often for what is sent. */
    private static final long PARK_NANOS = 50_000;

    private static final long MIN_SELECT_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final InetSocketAddress redis;
    private final long oneWayNanos;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
    private final List<Direction> directions = new ArrayList<>();

    public static void main(String[] args) throws IOException {
        Duration roundTrip = Duration.ofMillis(Long.parseLong(args[2]));
        new DelayingProxy(Integer.parseInt(args[0]), Integer.parseInt(args[1]), roundTrip).run();
    }

    private DelayingProxy(int port, int redisPort, Duration roundTrip) throws IOException {
        this.redis = new InetSocketAddress(InetAddress.getLoopbackAddress(), redisPort);
        this.oneWayNanos = roundTrip.toNanos() / 2;
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
    }

    private void run() throws IOException {
        while (true) {
            select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.attachment() instanceof Direction direction) {
                    direction.read();
                } else {
                    accept();
                }
            }
            selector.selectedKeys().clear();
            directions.forEach(Direction::deliverDue);
            directions.removeIf(Direction::isClosed);
        }
    }

    private void select() throws IOException {
        long dueNanos =
                directions.stream().mapToLong(Direction::untilDueNanos).min().orElse(Long.MAX_VALUE);
        if (dueNanos > MIN_SELECT_NANOS) {
            selector.select(dueNanos == Long.MAX_VALUE ? 0 : TimeUnit.NANOSECONDS.toMillis(dueNanos) - 1);
        } else if (selector.selectNow() == 0 && dueNanos > 0) {
            LockSupport.parkNanos(Math.min(dueNanos, PARK_NANOS));
        }
    }

    private void accept() throws IOException {
        SocketChannel client = listener.accept();
        try {
            SocketChannel server = SocketChannel.open(redis);
            long connectedNanos = System.nanoTime() + 2 * oneWayNanos;
            directions.add(new Direction(client, server, connectedNanos));
            directions.add(new Direction(server, client, connectedNanos));
        } catch (IOException e) {
            client.close(); // Redis is down
        }
    }

    private record Part(ByteBuffer bytes, long dueNanos) {}

    private final class Direction {

        private final SocketChannel from;
        private final SocketChannel to;
        private final SelectionKey key;
        private final long connectedNanos;
        private final Queue<Part> underWay = new ArrayDeque<>();
        private int bytesUnderWay;
        private boolean ended;

        /** The receiver reads slowly. */
        private boolean blocked;

        private Direction(SocketChannel from, SocketChannel to, long connectedNanos) throws IOException {
            this.from = from;
            this.to = to;
            this.connectedNanos = connectedNanos;
            from.setOption(StandardSocketOptions.TCP_NODELAY, true).configureBlocking(false);
            this.key = from.register(selector, SelectionKey.OP_READ, this);
        }

        private void read() {
            try {
                ended = from.read(buffer.clear()) < 0;
                if (buffer.flip().hasRemaining()) {
                    ByteBuffer copy =
                            ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
                    bytesUnderWay += copy.remaining();
                    underWay.add(new Part(copy, Math.max(System.nanoTime(), connectedNanos) + oneWayNanos));
                }
                key.interestOps(ended || bytesUnderWay > MAX_BYTES_UNDER_WAY ? 0 : SelectionKey.OP_READ);
            } catch (IOException e) {
                close();
            }
        }

        private long untilDueNanos() {
            if (blocked) {
                return PARK_NANOS;
            }
            Part next = underWay.peek();
            return next == null ? Long.MAX_VALUE : Math.max(0, next.dueNanos() - System.nanoTime());
        }

        private void deliverDue() {
            if (isClosed()) {
                return;
            }
            try {
                blocked = false;
                while (!blocked && untilDueNanos() == 0) {
                    ByteBuffer bytes = underWay.element().bytes();
                    bytesUnderWay -= to.write(bytes);
                    blocked = bytes.hasRemaining();
                    if (!blocked) {
                        underWay.remove();
                    }
                }
                if (ended && underWay.isEmpty()) {
                    close();
                } else if (!ended && key.interestOps() == 0 && bytesUnderWay < MAX_BYTES_UNDER_WAY / 2) {
                    key.interestOps(SelectionKey.OP_READ);
                }
            } catch (IOException e) {
                close();
            }
        }

        private boolean isClosed() {
            return !from.isOpen() || !to.isOpen();
        }

        private void close() {
            try {
                from.close();
                to.close();
            } catch (IOException e) {
                // Closed nevertheless.
            }
        }
    }
}
