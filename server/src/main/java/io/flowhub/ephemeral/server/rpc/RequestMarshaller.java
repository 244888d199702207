package io.flowhub.ephemeral.server.rpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests. Returns null for bytes that are not a message of this type, since grpc-java sends UNKNOWN, "Application
 * error processing RPC", whatever a marshaller throws; {@link ServiceBinding} and {@link StreamCalls} reject null. Unknown
 * fields are skipped: as objects they take 40 times the memory of their bytes.
 */
final class RequestMarshaller<T> implements Marshaller<T> {

    private static final int REUSED_BYTES = 4_096;

    /** The parser copies what it keeps, so a thread needs one. */
    private static final ThreadLocal<byte[]> REUSED = ThreadLocal.withInitial(() -> new byte[REUSED_BYTES]);

    private final Marshaller<T> marshaller;
    private final Parser<T> parser;
    private final int maxBytes;

    private RequestMarshaller(Marshaller<T> marshaller, Parser<T> parser, int maxBytes) {
        this.marshaller = marshaller;
        this.parser = parser;
        this.maxBytes = maxBytes;
    }

    /** @param maxBytes of a request; a longer one counts as malformed */
    static <T> Marshaller<T> of(Marshaller<T> marshaller, int maxBytes) {
        if (marshaller instanceof PrototypeMarshaller<T> typed
                && typed.getMessagePrototype() instanceof Message prototype) {
            @SuppressWarnings("unchecked") // the prototype is a T
            Parser<T> parser = (Parser<T>) DiscardUnknownFieldsParser.wrap(prototype.getParserForType());
            return new RequestMarshaller<>(marshaller, parser, maxBytes);
        }
        return marshaller;
    }

    /** What a handler throws for null. */
    static InvalidFieldException exception() {
        return InvalidFieldException.redacted(
                "request",
                "a protobuf message of the method's request type; of at most 1,024 bytes for health and reflection");
    }

    @Override
    public InputStream stream(T value) {
        return marshaller.stream(value);
    }

    @Override
    public @Nullable T parse(InputStream stream) {
        try {
            int size = stream.available(); // of the whole message: none is compressed
            if (size > maxBytes) {
                return null;
            }
            byte[] bytes = size <= REUSED_BYTES ? REUSED.get() : new byte[size];
            int read = stream.readNBytes(bytes, 0, size);
            CodedInputStream in = CodedInputStream.newInstance(bytes, 0, read);
            T message = parser.parseFrom(in, ExtensionRegistryLite.getEmptyRegistry());
            in.checkLastTagWas(0);
            return message;
        } catch (InvalidProtocolBufferException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
