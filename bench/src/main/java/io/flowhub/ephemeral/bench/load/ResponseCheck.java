package io.flowhub.ephemeral.bench.load;

import java.nio.ByteBuffer;

/** The beginning of the message that each response has, and the length of the response with the gRPC prefix at least. */
@SuppressWarnings("ArrayRecordComponent") // compared by nothing
record ResponseCheck(byte[] begin, int minBytes) {

    private static final int PREFIX = 5;

    static final ResponseCheck ANY = new ResponseCheck(new byte[0], PREFIX);

    static ResponseCheck beginsWith(int... begin) {
        return longerThan(begin.length, begin);
    }

    static ResponseCheck longerThan(int messageBytes, int... begin) {
        byte[] bytes = new byte[begin.length];
        for (int i = 0; i < begin.length; i++) {
            bytes[i] = (byte) begin[i];
        }
        return new ResponseCheck(bytes, PREFIX + messageBytes);
    }

    /** Whether the part of a response in the buffer, which follows so many bytes, agrees with the beginning. */
    boolean matches(ByteBuffer in, int from, int to, int before) {
        for (int i = 0; i < begin.length; i++) {
            int at = from + PREFIX + i - before;
            if (at >= from && at < to && in.get(at) != begin[i]) {
                return false;
            }
        }
        return true;
    }
}
