package io.flowhub.ephemeral.bench;

import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the request frames that h2load and curl send, one gRPC frame per file. */
final class Frames {

    private final Path directory;

    /** Arguments: directory for the files, number of rounds. The limits of the actions are in {@code bench/run}. */
    public static void main(String[] args) throws IOException {
        Frames frames = new Frames(Path.of(args[0]));
        int rounds = Integer.parseInt(args[1]);
        frames.write("empty", Empty.getDefaultInstance());
        frames.write("check-full", checkRate("one", "full"));
        frames.write("check-warm", checkRate("warm", "bench"));
        for (int round = 1; round <= rounds; round++) {
            frames.write("check-throughput-" + round, checkRate("r" + round, "bench"));
            frames.write("check-latency-" + round, checkRate("l" + round, "bench"));
        }
        frames.write("get-user", GetCachedUserRequest.newBuilder().setId("warm").build());
        frames.write(
                "heartbeat", HeartbeatRequest.newBuilder().setUserId("warm").build());
        frames.write(
                "typing",
                SetTypingRequest.newBuilder()
                        .setRoomId("room")
                        .setUserId("warm")
                        .setTyping(true)
                        .build());
    }

    private Frames(Path directory) {
        this.directory = directory;
    }

    private static CheckRateRequest checkRate(String user, String action) {
        return CheckRateRequest.newBuilder().setUserId(user).setAction(action).build();
    }

    /** A frame is a byte for "not compressed", the length as a 32-bit big-endian integer, and the message. */
    private void write(String name, Message message) throws IOException {
        byte[] bytes = message.toByteArray();
        try (DataOutputStream file = new DataOutputStream(Files.newOutputStream(directory.resolve(name)))) {
            file.writeByte(0);
            file.writeInt(bytes.length);
            file.write(bytes);
        }
    }
}
