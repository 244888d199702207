package io.flowhub.ephemeral.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;

/** A connection over which calls are in flight. What a turn of the loop sends leaves with one write. */
abstract class LoadConnection implements AutoCloseable {

    private static final int READ_BYTES = 1 << 18;
    private static final int WRITE_BYTES = 1 << 20;

    /** Receives the end of each call. */
    interface Listener {

        /** The outcome is a gRPC status or one of {@link Outcomes}; the time is the one that the call was sent with. */
        void onCompleted(LoadConnection connection, long scheduledNanos, int outcome);
    }

    @SuppressWarnings("ArrayRecordComponent") // compared by nothing
    private record Waiting(byte[] message, long scheduledNanos) {}

    private final SocketChannel channel;
    private final SelectionKey key;
    private final ByteBuffer in = ByteBuffer.allocateDirect(READ_BYTES);
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final Listener listener;

    /** What the next write sends. */
    final ByteBuffer out = ByteBuffer.allocateDirect(WRITE_BYTES);

    LoadConnection(int port, Selector selector, Listener listener) throws IOException {
        this.listener = listener;
        this.channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        this.key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    /** Whether the server has sent what a call needs to know. */
    abstract boolean isReady();

    /** How many calls may be in flight at once. */
    abstract int maxInFlight();

    /** Whether this message can be sent now: there is a free place for a call, and room for the bytes. */
    abstract boolean canStart(byte[] message);

    abstract void start(byte[] message, long scheduledNanos);

    /** Reads complete responses from the position of the buffer on, and moves the position after them. */
    abstract void parse(ByteBuffer in);

    /** Sends the message as soon as it can be sent, after those that wait already. */
    final void send(byte[] message, long scheduledNanos) {
        if (waiting.isEmpty() && canStart(message)) {
            start(message, scheduledNanos);
        } else {
            waiting.add(new Waiting(message, scheduledNanos));
        }
    }

    final void completed(long scheduledNanos, int outcome) {
        listener.onCompleted(this, scheduledNanos, outcome);
    }

    final void read() throws IOException {
        int read = channel.read(in);
        if (read < 0) {
            throw new EOFException("the server closed a connection");
        }
        in.flip();
        parse(in);
        in.compact();
    }

    /** Writes what has gathered; what the socket does not take leaves as soon as it does. */
    final void flush() throws IOException {
        startWaiting();
        if (out.position() == 0) {
            return;
        }
        out.flip();
        channel.write(out);
        boolean rest = out.hasRemaining();
        out.compact();
        int interest = rest ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key.interestOps() != interest) {
            key.interestOps(interest);
        }
    }

    private void startWaiting() {
        Waiting next;
        while ((next = waiting.peek()) != null && canStart(next.message())) {
            start(next.message(), next.scheduledNanos());
            waiting.remove();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
