package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameTest {

    private final Pulse phone = new Pulse(new Beat("alice", "phone"), 0);
    private final Pulse bob = new Pulse(new Beat("bob", ""), 0);
    private final Pulse tablet = new Pulse(new Beat("alice", "tablet"), 0);

    private final Frame frame = Frame.of(7, 0, List.of(phone, bob, tablet));

    @Test
    void connectionIsNamedWithItsUser() {
        assertThat(frame.message())
                .isEqualTo(StreamHeartbeatsRequest.newBuilder()
                        .setSequence(7)
                        .addUserIds("bob")
                        .addHeartbeats(beat("alice", "phone"))
                        .addHeartbeats(beat("alice", "tablet"))
                        .build());
    }

    @Test
    void pulsesAreInTheOrderInWhichTheAnswerCounts() {
        assertThat(frame.pulses()).containsExactly(bob, phone, tablet);
    }

    private static HeartbeatRequest beat(String user, String connection) {
        return HeartbeatRequest.newBuilder()
                .setUserId(user)
                .setConnectionId(connection)
                .build();
    }
}
