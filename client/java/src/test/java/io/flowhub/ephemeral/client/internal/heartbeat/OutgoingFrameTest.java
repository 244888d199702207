package io.flowhub.ephemeral.client.internal.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class OutgoingFrameTest {

    private final HeartbeatTimer phone = new HeartbeatTimer(new HeartbeatKey("alice", "phone"), 0);
    private final HeartbeatTimer bob = new HeartbeatTimer(new HeartbeatKey("bob", ""), 0);
    private final HeartbeatTimer tablet = new HeartbeatTimer(new HeartbeatKey("alice", "tablet"), 0);

    private final OutgoingFrame frame = OutgoingFrame.of(7, 0, List.of(phone, bob, tablet));

    @Test
    void connectionIsSentWithItsUserAndTimersAreInTheOrderOfTheResponseIndexes() {
        assertThat(frame.message())
                .isEqualTo(StreamHeartbeatsRequest.newBuilder()
                        .setSequence(7)
                        .addUserIds("bob")
                        .addHeartbeats(heartbeat("alice", "phone"))
                        .addHeartbeats(heartbeat("alice", "tablet"))
                        .build());
        assertThat(frame.timers()).containsExactly(bob, phone, tablet);
    }

    private static HeartbeatRequest heartbeat(String user, String connection) {
        return HeartbeatRequest.newBuilder()
                .setUserId(user)
                .setConnectionId(connection)
                .build();
    }
}
