package io.flowhub.ephemeral.bench.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;

/**
 * Unary gRPC calls over one HTTP/2 connection in clear text (RFC 9113). A call is a HEADERS frame of a few bytes and a DATA
 * frame; a response is read as far as its status and the beginning of its message.
 */
final class Http2Connection extends LoadConnection {

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int PRIORITY = 0x20;
    private static final int HEADER_TABLE_SIZE = 1;
    private static final int ENABLE_PUSH = 2;
    private static final int MAX_CONCURRENT_STREAMS = 3;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int FRAME_HEADER = 9;
    private static final int DEFAULT_WINDOW = 65_535;
    private static final int STREAM_WINDOW = 1 << 20;
    private static final int CONNECTION_WINDOW = 1 << 28;
    private static final int MAX_CALLS = 1_000;

    private final RequestHeaders headers;
    private final ResponseCheck check;
    private final HpackDecoder decoder = new HpackDecoder();
    private final CallSlots slots;
    private boolean settled;
    private boolean first = true;
    private int maxConcurrent = MAX_CALLS;
    private int sendWindow = DEFAULT_WINDOW;
    private int streamSendWindow = DEFAULT_WINDOW;
    private int received;
    private ByteArrayOutputStream fragments = new ByteArrayOutputStream();

    Http2Connection(int port, LoadMethod method, Selector selector, Listener listener) throws IOException {
        super(port, selector, listener);
        this.headers = RequestHeaders.of(method.path(), "127.0.0.1:" + port);
        this.check = method.check();
        this.slots = new CallSlots(4 * MAX_CALLS);
        out.put(PREFACE);
        frame(12, SETTINGS, 0, 0);
        out.putShort((short) ENABLE_PUSH).putInt(0);
        out.putShort((short) INITIAL_WINDOW_SIZE).putInt(STREAM_WINDOW);
        frame(4, WINDOW_UPDATE, 0, 0);
        out.putInt(CONNECTION_WINDOW - DEFAULT_WINDOW);
    }

    @Override
    boolean isReady() {
        return settled;
    }

    @Override
    int maxInFlight() {
        return Math.min(maxConcurrent, MAX_CALLS);
    }

    @Override
    boolean canStart(byte[] message) {
        int frames = 2 * FRAME_HEADER + headers.first().length + message.length;
        if (message.length > streamSendWindow) {
            throw new IllegalStateException("a message of " + message.length + " bytes exceeds the window of a stream");
        }
        return slots.used() < maxInFlight() && message.length <= sendWindow && frames <= out.remaining();
    }

    @Override
    void start(byte[] message, long scheduledNanos) {
        int stream = slots.take(scheduledNanos);
        byte[] block = first ? headers.first() : headers.further();
        first = false;
        frame(block.length, HEADERS, END_HEADERS, stream);
        out.put(block);
        frame(message.length, DATA, END_STREAM, stream);
        out.put(message);
        sendWindow -= message.length;
    }

    private void frame(int length, int type, int flags, int stream) {
        out.putInt((length << 8) | type).put((byte) flags).putInt(stream);
    }

    @Override
    void parse(ByteBuffer in) {
        while (in.remaining() >= FRAME_HEADER) {
            int from = in.position() + FRAME_HEADER;
            int lengthAndType = in.getInt(in.position());
            int to = from + (lengthAndType >>> 8);
            if (to > in.limit()) {
                return;
            }
            frame(in, lengthAndType & 0xff, in.get(from - 5), in.getInt(from - 4), from, to);
            in.position(to);
        }
    }

    private void frame(ByteBuffer in, int type, int flags, int stream, int from, int to) {
        switch (type) {
            case DATA -> data(in, flags, stream, from, to);
            case HEADERS -> headers(in, flags, stream, from, to);
            case CONTINUATION -> continuation(in, flags, stream, from, to);
            case RST_STREAM -> reset(stream);
            case SETTINGS -> settings(in, flags, from, to);
            case PING -> ping(in, flags, from);
            case GOAWAY ->
                throw new IllegalStateException("the server ends a connection: GOAWAY " + in.getInt(from + 4));
            case WINDOW_UPDATE -> sendWindow += stream == 0 ? in.getInt(from) : 0;
            default -> {} // PRIORITY, and types to come
        }
    }

    private void data(ByteBuffer in, int flags, int stream, int from, int to) {
        received += to - from;
        if (received > CONNECTION_WINDOW / 2) {
            frame(4, WINDOW_UPDATE, 0, 0);
            out.putInt(received);
            received = 0;
        }
        int slot = slots.slot(stream);
        int begin = (flags & PADDED) == 0 ? from : from + 1;
        int end = (flags & PADDED) == 0 ? to : to - (in.get(from) & 0xff);
        int bytes = slots.bytes[slot];
        if (!check.matches(in, begin, end, bytes)) {
            slots.mismatched[slot] = true;
        }
        slots.bytes[slot] = bytes + end - begin;
        if ((flags & END_STREAM) != 0) {
            end(slot, Outcomes.NO_STATUS);
        }
    }

    private void headers(ByteBuffer in, int flags, int stream, int from, int to) {
        int begin = from;
        int end = to;
        if ((flags & PADDED) != 0) {
            end -= in.get(begin++) & 0xff;
        }
        if ((flags & PRIORITY) != 0) {
            begin += 5;
        }
        int slot = slots.slot(stream);
        slots.ended[slot] = (flags & END_STREAM) != 0;
        if ((flags & END_HEADERS) != 0) {
            block(slot, decoder.decode(in, begin, end));
        } else {
            gather(in, begin, end);
        }
    }

    private void continuation(ByteBuffer in, int flags, int stream, int from, int to) {
        gather(in, from, to);
        if ((flags & END_HEADERS) != 0) {
            ByteBuffer block = ByteBuffer.wrap(fragments.toByteArray());
            fragments = new ByteArrayOutputStream();
            block(slots.slot(stream), decoder.decode(block, 0, block.limit()));
        }
    }

    private void reset(int stream) {
        if (slots.isTaken(stream)) { // else the response was complete
            end(slots.slot(stream), Outcomes.NO_STATUS);
        }
    }

    private void gather(ByteBuffer in, int from, int to) {
        for (int i = from; i < to; i++) {
            fragments.write(in.get(i));
        }
    }

    private void block(int slot, int status) {
        if (slots.ended[slot]) {
            end(slot, status == HpackDecoder.NO_STATUS ? Outcomes.NO_STATUS : status);
        }
    }

    private void end(int slot, int status) {
        boolean unexpected = slots.mismatched[slot] || slots.bytes[slot] < check.minBytes();
        long scheduledNanos = slots.release(slot);
        completed(scheduledNanos, status == 0 && unexpected ? Outcomes.UNEXPECTED_RESPONSE : status);
    }

    private void settings(ByteBuffer in, int flags, int from, int to) {
        if ((flags & ACK) != 0) {
            return;
        }
        for (int at = from; at < to; at += 6) {
            int value = in.getInt(at + 2);
            switch (in.getShort(at)) {
                case MAX_CONCURRENT_STREAMS -> maxConcurrent = value < 0 ? Integer.MAX_VALUE : value;
                case INITIAL_WINDOW_SIZE -> streamSendWindow = value;
                case HEADER_TABLE_SIZE -> requireTable(value);
                default -> {} // limits that these frames do not reach
            }
        }
        frame(0, SETTINGS, ACK, 0);
        settled = true;
    }

    private static void requireTable(int size) {
        if (size < RequestHeaders.TABLE_SIZE) {
            throw new IllegalStateException("the server allows a header table of " + size + " bytes only");
        }
    }

    private void ping(ByteBuffer in, int flags, int from) {
        if ((flags & ACK) == 0) {
            frame(8, PING, ACK, 0);
            out.putLong(in.getLong(from));
        }
    }
}
