package io.flowhub.ephemeral.bench;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the request frames that h2load and curl send, one gRPC frame per file. The limits are in bench/parts/setup. */
final class Frames {

    /** Argument: directory for the files. */
    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        write(directory.resolve("check-full"), checkRate("one", "full"));
        write(directory.resolve("check-warm"), checkRate("warm", "bench"));
    }

    private Frames() {}

    private static CheckRateRequest checkRate(String user, String action) {
        return CheckRateRequest.newBuilder().setUserId(user).setAction(action).build();
    }

    /** A frame is a byte for "not compressed", the length as a 32-bit big-endian integer, and the message. */
    private static void write(Path path, Message message) throws IOException {
        byte[] bytes = message.toByteArray();
        try (DataOutputStream file = new DataOutputStream(Files.newOutputStream(path))) {
            file.writeByte(0);
            file.writeInt(bytes.length);
            file.write(bytes);
        }
    }
}
