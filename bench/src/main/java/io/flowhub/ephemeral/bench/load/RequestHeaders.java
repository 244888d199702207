package io.flowhub.ephemeral.bench.load;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The header blocks of one method (RFC 7541): the first call of a connection adds the fields to the dynamic table, all
 * further calls name their indexes, a byte for each field.
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nothing
record RequestHeaders(byte[] first, byte[] further) {

    private static final int INDEXED = 0x80;
    private static final int LITERAL_TO_INDEX = 0x40;
    private static final int METHOD_POST = 3;
    private static final int SCHEME_HTTP = 6;
    private static final int FIRST_DYNAMIC_INDEX = 62;

    /** The size that the dynamic table needs at least, with room to spare. */
    static final int TABLE_SIZE = 1024;

    private record Field(String name, String value) {}

    static RequestHeaders of(String path, String authority) {
        List<Field> fields = List.of(
                new Field(":path", path),
                new Field(":authority", authority),
                new Field("content-type", "application/grpc"),
                new Field("te", "trailers"),
                new Field("user-agent", "ephemeral-bench"));
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        ByteArrayOutputStream further = new ByteArrayOutputStream();
        for (ByteArrayOutputStream block : List.of(first, further)) {
            block.write(INDEXED | METHOD_POST);
            block.write(INDEXED | SCHEME_HTTP);
        }
        for (int i = 0; i < fields.size(); i++) {
            first.write(LITERAL_TO_INDEX);
            write(first, fields.get(i).name());
            write(first, fields.get(i).value());
            further.write(INDEXED | (FIRST_DYNAMIC_INDEX + fields.size() - 1 - i)); // the newest entry is the first
        }
        return new RequestHeaders(first.toByteArray(), further.toByteArray());
    }

    private static void write(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length > 126) {
            throw new IllegalArgumentException("longer than 126 bytes: " + text);
        }
        block.write(bytes.length);
        block.writeBytes(bytes);
    }
}
