package io.flowhub.ephemeral.server.secret;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes of several fields, each in UTF-8 behind its length in four bytes, so that no two lists of fields are equal. */
final class LengthPrefixed {

    static byte[] encode(String... fields) {
        byte[][] encoded = new byte[fields.length][];
        int size = 0;
        for (int i = 0; i < fields.length; i++) {
            encoded[i] = fields[i].getBytes(StandardCharsets.UTF_8);
            size += Integer.BYTES + encoded[i].length;
        }
        ByteBuffer buffer = ByteBuffer.allocate(size);
        for (byte[] field : encoded) {
            buffer.putInt(field.length).put(field);
        }
        return buffer.array();
    }

    private LengthPrefixed() {}
}
