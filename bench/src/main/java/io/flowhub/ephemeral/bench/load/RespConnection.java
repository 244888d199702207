package io.flowhub.ephemeral.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.util.ArrayDeque;

/** Commands over one connection to Redis whose replies are a line each. */
final class RespConnection extends LoadConnection {

    private static final int MAX_CALLS = 1_000;

    private final ArrayDeque<Long> scheduledNanos = new ArrayDeque<>();

    RespConnection(int port, Selector selector, Listener listener) throws IOException {
        super(port, selector, listener);
    }

    @Override
    boolean isReady() {
        return true;
    }

    @Override
    int maxInFlight() {
        return MAX_CALLS;
    }

    @Override
    boolean canStart(byte[] message) {
        return scheduledNanos.size() < MAX_CALLS && message.length <= out.remaining();
    }

    @Override
    void start(byte[] message, long scheduled) {
        scheduledNanos.add(scheduled);
        out.put(message);
    }

    @Override
    void parse(ByteBuffer in) {
        for (int i = in.position(); i < in.limit(); i++) {
            if (in.get(i) == '\n') {
                boolean error = in.get(in.position()) == '-';
                in.position(i + 1);
                completed(scheduledNanos.remove(), error ? Outcomes.UNEXPECTED_RESPONSE : Outcomes.EXPECTED);
            }
        }
    }
}
