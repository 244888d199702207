package io.flowhub.ephemeral.client.internal.heartbeat;

import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import java.util.List;
import java.util.stream.Stream;

/**
 * Heartbeats that are sent and answered together.
 *
 * @param sentAt of {@link System#nanoTime}
 * @param timers in the order of the indexes in the response: first those without a connection
 */
record OutgoingFrame(long sequence, long sentAt, List<HeartbeatTimer> timers) {

    static OutgoingFrame of(long sequence, long sentAt, List<HeartbeatTimer> timers) {
        Stream<HeartbeatTimer> withoutConnection = timers.stream().filter(timer -> !hasConnection(timer));
        Stream<HeartbeatTimer> withConnection = timers.stream().filter(OutgoingFrame::hasConnection);
        return new OutgoingFrame(
                sequence,
                sentAt,
                Stream.concat(withoutConnection, withConnection).toList());
    }

    StreamHeartbeatsRequest message() {
        StreamHeartbeatsRequest.Builder message =
                StreamHeartbeatsRequest.newBuilder().setSequence(sequence);
        for (HeartbeatTimer timer : timers) {
            HeartbeatKey key = timer.key;
            if (hasConnection(timer)) {
                message.addHeartbeats(
                        HeartbeatRequest.newBuilder().setUserId(key.userId()).setConnectionId(key.connectionId()));
            } else {
                message.addUserIds(key.userId());
            }
        }
        return message.build();
    }

    private static boolean hasConnection(HeartbeatTimer timer) {
        return !timer.key.connectionId().isEmpty();
    }
}
