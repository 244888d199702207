package io.flowhub.ephemeral.bench.load;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.nio.ByteBuffer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The messages that a measurement sends, one for each id, with their gRPC prefixes, and what each response begins with. The
 * path of commands to Redis is empty.
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nothing
record LoadMethod(String path, byte[][] messages, ResponseCheck check) {

    static <T extends Message> LoadMethod of(
            MethodDescriptor<T, ?> method, ResponseCheck check, int ids, Function<String, T> request, String prefix) {
        byte[][] messages = IntStream.range(0, ids)
                .mapToObj(id -> frame(request.apply(prefix + id)))
                .toArray(byte[][]::new);
        return new LoadMethod("/" + method.getFullMethodName(), messages, check);
    }

    /** A frame is a byte for "not compressed", the length as a 32-bit big-endian integer, and the message. */
    private static byte[] frame(Message message) {
        byte[] bytes = message.toByteArray();
        return ByteBuffer.allocate(5 + bytes.length)
                .put((byte) 0)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    boolean isRedis() {
        return path.isEmpty();
    }
}
