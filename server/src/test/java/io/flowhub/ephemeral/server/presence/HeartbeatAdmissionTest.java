package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeartbeatAdmissionTest {

    private final HeartbeatAdmission frames = new HeartbeatAdmission(1_024);
    private final List<Integer> started = new ArrayList<>();

    @Test
    void frameThatFindsNoRoomWaitsForItsTurn() {
        frames.start(600, () -> started.add(0));
        frames.start(600, () -> started.add(1));
        frames.start(1, () -> started.add(2));
        assertThat(started).containsExactly(0);
        frames.finished(600);
        assertThat(started).containsExactly(0, 1, 2);
    }

    /** During an outage each frame fails as soon as it starts, and so lets the next one start. */
    @Test
    void anyNumberThatWaitsMayFailAtOnce() {
        frames.start(1_000, () -> started.add(0));
        for (int i = 1; i <= 100_000; i++) {
            int number = i;
            frames.start(1_000, () -> {
                started.add(number);
                frames.finished(1_000);
            });
        }
        frames.finished(1_000);
        assertThat(started).hasSize(100_001).isSorted();
    }

    @Test
    void exceptionAtTheStartOfAFrameDoesNotStopTheFramesBehindIt() {
        frames.start(1_000, () -> {
            throw new IllegalStateException("trouble");
        });
        frames.start(1_000, () -> started.add(1));
        assertThat(started).containsExactly(1);
    }
}
