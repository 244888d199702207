package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;

/** A StreamHeartbeats stream and the responses it received. */
final class Gateway implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final StreamReader<StreamHeartbeatsRequest, StreamHeartbeatsResponse> reader;
    private final StreamObserver<StreamHeartbeatsRequest> frames;
    private int sent;

    Gateway(Channel channel) {
        this(channel, StreamReader.eager());
    }

    Gateway(Channel channel, StreamReader<StreamHeartbeatsRequest, StreamHeartbeatsResponse> reader) {
        this.reader = reader;
        this.frames = PresenceServiceGrpc.newStub(channel).streamHeartbeats(reader);
    }

    StreamReader<StreamHeartbeatsRequest, StreamHeartbeatsResponse> reader() {
        return reader;
    }

    static StreamHeartbeatsRequest frame(List<String> users) {
        return StreamHeartbeatsRequest.newBuilder().addAllUserIds(users).build();
    }

    /** Sends a frame. Its sequence is its index on the stream, from 0. */
    void send(StreamHeartbeatsRequest frame) {
        frames.onNext(frame.toBuilder().setSequence(sent++).build());
    }

    void halfClose() {
        frames.onCompleted();
    }

    /** Sends a frame and returns its response. */
    StreamHeartbeatsResponse exchange(StreamHeartbeatsRequest frame) {
        send(frame);
        return awaitResponse(sent - 1);
    }

    StreamHeartbeatsResponse awaitResponse(int index) {
        Eventually.within(SOON, "response " + index, () -> reader.all().size() > index || reader.hasEnded());
        return reader.all().get(index);
    }

    /**
     * Sends heartbeats of the users in frames of a thousand, and again those that were rejected because Redis was
     * unavailable, as happens on a busy machine.
     */
    void heartbeat(List<String> users) {
        for (int from = 0; from < users.size(); from += HeartbeatFrame.MAX_HEARTBEATS) {
            List<String> some = users.subList(from, Math.min(users.size(), from + HeartbeatFrame.MAX_HEARTBEATS));
            while (!some.isEmpty()) {
                List<String> sent = some;
                some = exchange(frame(sent)).getRejectedList().stream()
                        .map(rejected -> sent.get(unavailableIndex(rejected)))
                        .toList();
            }
        }
    }

    private static int unavailableIndex(RejectedHeartbeat rejected) {
        assertThat(rejected.getErrorReason()).isEqualTo("ERROR_REASON_REDIS_UNAVAILABLE");
        return rejected.getIndex();
    }

    /** Cancels the stream, as the death of a gateway does. */
    @Override
    public void close() {
        reader.cancel();
    }
}
