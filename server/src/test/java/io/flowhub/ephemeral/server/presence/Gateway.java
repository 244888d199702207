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

/** A stream of heartbeats, and what was answered. */
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

    /** Sends a frame; its sequence is its number, from 0. */
    void send(StreamHeartbeatsRequest frame) {
        frames.onNext(frame.toBuilder().setSequence(sent++).build());
    }

    void halfClose() {
        frames.onCompleted();
    }

    StreamHeartbeatsResponse answerTo(StreamHeartbeatsRequest frame) {
        send(frame);
        return awaitAnswer(sent - 1);
    }

    StreamHeartbeatsResponse awaitAnswer(int number) {
        Eventually.within(SOON, "the response", () -> reader.all().size() > number || reader.hasEnded());
        return reader.all().get(number);
    }

    /** Sends them in frames of a thousand until all were taken: on a busy machine Redis may be late. */
    void beat(List<String> users) {
        for (int from = 0; from < users.size(); from += HeartbeatFrame.MAX_BEATS) {
            List<String> some = users.subList(from, Math.min(users.size(), from + HeartbeatFrame.MAX_BEATS));
            while (!some.isEmpty()) {
                List<String> sent = some;
                some = answerTo(frame(sent)).getRejectedList().stream()
                        .map(refused -> sent.get(lateIndex(refused)))
                        .toList();
            }
        }
    }

    private static int lateIndex(RejectedHeartbeat refused) {
        assertThat(refused.getErrorReason()).isEqualTo("ERROR_REASON_REDIS_UNAVAILABLE");
        return refused.getIndex();
    }

    /** The sender dies. */
    @Override
    public void close() {
        reader.cancel();
    }
}
