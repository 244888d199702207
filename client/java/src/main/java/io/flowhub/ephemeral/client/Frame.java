package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import java.util.List;
import java.util.stream.Stream;

/** Heartbeats that were sent together and are answered together. */
record Frame(long sequence, long sentAt, List<Pulse> pulses) {

    /** In the order in which the answer counts: first those without a connection. */
    static Frame of(long sequence, long sentAt, List<Pulse> pulses) {
        Stream<Pulse> bare = pulses.stream().filter(pulse -> !hasConnection(pulse));
        Stream<Pulse> connected = pulses.stream().filter(Frame::hasConnection);
        return new Frame(sequence, sentAt, Stream.concat(bare, connected).toList());
    }

    StreamHeartbeatsRequest message() {
        StreamHeartbeatsRequest.Builder message =
                StreamHeartbeatsRequest.newBuilder().setSequence(sequence);
        for (Pulse pulse : pulses) {
            Beat beat = pulse.beat;
            if (hasConnection(pulse)) {
                message.addHeartbeats(
                        HeartbeatRequest.newBuilder().setUserId(beat.userId()).setConnectionId(beat.connectionId()));
            } else {
                message.addUserIds(beat.userId());
            }
        }
        return message.build();
    }

    private static boolean hasConnection(Pulse pulse) {
        return !pulse.beat.connectionId().isEmpty();
    }
}
