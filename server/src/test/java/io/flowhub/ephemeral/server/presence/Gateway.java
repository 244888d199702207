package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Lists;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;

/** A StreamHeartbeats stream and the responses it received. */
final class Gateway extends StreamReader<StreamHeartbeatsRequest, StreamHeartbeatsResponse> {

    private int sent;

    Gateway(Channel channel, boolean stalls) {
        super(stalls);
        var unused = PresenceServiceGrpc.newStub(channel).streamHeartbeats(this);
    }

    /** Sends a frame. Its sequence is its index on the stream, from 0. */
    @Override
    public Gateway send(StreamHeartbeatsRequest frame) {
        super.send(frame.toBuilder().setSequence(sent++).build());
        return this;
    }

    void send(List<String> users) {
        send(StreamHeartbeatsRequest.newBuilder().addAllUserIds(users).build());
    }

    /** Sends a frame and returns its response. */
    StreamHeartbeatsResponse exchange(StreamHeartbeatsRequest.Builder frame) {
        send(frame.build());
        return awaitResponse(sent - 1);
    }

    StreamHeartbeatsResponse exchange(List<String> users) {
        return exchange(StreamHeartbeatsRequest.newBuilder().addAllUserIds(users));
    }

    StreamHeartbeatsResponse awaitResponse(int index) {
        await(Duration.ofSeconds(20), "response " + index, () -> all().size() > index || hasEnded());
        return all().get(index);
    }

    /**
     * Sends heartbeats of the users in frames of a thousand, and again those that were rejected because Redis was
     * unavailable or overloaded, as happens on a busy machine.
     */
    void heartbeat(List<String> users) {
        for (List<String> frame : Lists.partition(users, HeartbeatFrame.MAX_HEARTBEATS)) {
            List<String> some = frame;
            while (!some.isEmpty()) {
                List<String> sent = some;
                some = exchange(sent).getRejectedList().stream()
                        .flatMap(rejected -> repeatable(sent, rejected).stream())
                        .toList();
            }
        }
    }

    private static List<String> repeatable(List<String> sent, RejectedHeartbeat rejected) {
        assertThat(rejected.getErrorReason()).isIn("ERROR_REASON_REDIS_UNAVAILABLE", "ERROR_REASON_OVERLOADED");
        return rejected.getIndex() < 0 ? sent : List.of(sent.get(rejected.getIndex()));
    }
}
