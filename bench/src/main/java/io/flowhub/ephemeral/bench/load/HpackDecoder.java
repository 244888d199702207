package io.flowhub.ephemeral.bench.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the field {@code grpc-status} of header blocks (RFC 7541), and keeps the dynamic table that a connection needs for
 * it. The block of a usual response consists of indexed fields, one byte each.
 */
final class HpackDecoder {

    /** What a block without the field decodes to. */
    static final int NO_STATUS = -1;

    private static final String STATUS = "grpc-status";
    private static final int ENTRY_OVERHEAD = 32;
    private static final int DEFAULT_TABLE_SIZE = 4096;

    /** The names of the static table, in its order. */
    private static final String[] STATIC_NAMES =
            (":authority :method :method :path :path :scheme :scheme :status :status"
                            + " :status :status :status :status :status accept-charset accept-encoding accept-language"
                            + " accept-ranges accept access-control-allow-origin age allow authorization cache-control"
                            + " content-disposition content-encoding content-language content-length content-location"
                            + " content-range content-type cookie date etag expect expires from host if-match"
                            + " if-modified-since if-none-match if-range if-unmodified-since last-modified link location"
                            + " max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after"
                            + " server set-cookie strict-transport-security transfer-encoding user-agent vary via"
                            + " www-authenticate")
                    .split(" ");

    private record Entry(String name, int size, int status) {}

    private final List<Entry> newestFirst = new ArrayList<>();
    private int size;
    private int maxSize = DEFAULT_TABLE_SIZE;
    private int position;

    /** Returns the status in the block, which is a part of the buffer, or {@link #NO_STATUS}. */
    int decode(ByteBuffer in, int from, int to) {
        int status = NO_STATUS;
        position = from;
        while (position < to) {
            int first = in.get(position);
            int decoded;
            if (first < 0) { // 1xxxxxxx
                decoded = indexed(integer(in, 7));
            } else if ((first & 0x40) != 0) {
                decoded = add(literal(in, 6));
            } else if ((first & 0x20) != 0) {
                resize(integer(in, 5));
                decoded = NO_STATUS;
            } else {
                decoded = literal(in, 4).status();
            }
            if (decoded != NO_STATUS) {
                status = decoded;
            }
        }
        if (position > to) {
            throw new IllegalStateException("a header block ends inside a field");
        }
        return status;
    }

    private int indexed(int index) {
        return index <= STATIC_NAMES.length ? NO_STATUS : dynamic(index).status();
    }

    private Entry dynamic(int index) {
        return newestFirst.get(index - STATIC_NAMES.length - 1);
    }

    private Entry literal(ByteBuffer in, int prefix) {
        int index = integer(in, prefix);
        String name;
        if (index == 0) {
            name = string(in);
        } else {
            name = index <= STATIC_NAMES.length
                    ? STATIC_NAMES[index - 1]
                    : dynamic(index).name();
        }
        String value = string(in);
        return new Entry(
                name,
                name.length() + value.length() + ENTRY_OVERHEAD,
                name.equals(STATUS) ? Integer.parseInt(value) : NO_STATUS);
    }

    private int add(Entry entry) {
        newestFirst.add(0, entry);
        size += entry.size();
        evict();
        return entry.status();
    }

    private void resize(int max) {
        maxSize = max;
        evict();
    }

    private void evict() {
        while (size > maxSize) {
            size -= newestFirst.remove(newestFirst.size() - 1).size();
        }
    }

    /** An integer whose first byte has a prefix of this many bits. */
    private int integer(ByteBuffer in, int prefix) {
        int max = (1 << prefix) - 1;
        int value = in.get(position++) & max;
        if (value < max) {
            return value;
        }
        for (int shift = 0; ; shift += 7) {
            int next = in.get(position++);
            value += (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private String string(ByteBuffer in) {
        boolean huffman = in.get(position) < 0;
        int length = integer(in, 7);
        int from = position;
        position += length;
        if (huffman) {
            return Huffman.decode(in, from, position);
        }
        byte[] bytes = new byte[length];
        in.get(from, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
