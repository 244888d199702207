package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class HeartbeatAdmissionTest {

    private final HeartbeatAdmission admission = new HeartbeatAdmission(1_024);
    private final List<Integer> started = new ArrayList<>();

    @Test
    void frameThatDoesNotFitWaitsForItsTurn() {
        admission.start(600, () -> started.add(0));
        admission.start(600, () -> started.add(1));
        admission.start(1, () -> started.add(2));
        assertThat(started).containsExactly(0);
        admission.release(600);
        assertThat(started).containsExactly(0, 1, 2);
    }

    /** During an outage each frame fails as soon as it starts, and its release starts the next one. */
    @Test
    void anyNumberOfWaitingFramesMayFailAtOnce() {
        admission.start(1_000, () -> started.add(0));
        for (int i = 1; i <= 100_000; i++) {
            int index = i;
            admission.start(1_000, () -> {
                started.add(index);
                admission.release(1_000);
            });
        }
        admission.release(1_000);
        assertThat(started).hasSize(100_001).isSorted();
    }

    @Test
    void exceptionAtTheStartOfAFrameDoesNotStopTheFramesBehindIt() {
        admission.start(1_000, () -> {
            throw new IllegalStateException("test");
        });
        admission.start(1_000, () -> started.add(1));
        assertThat(started).containsExactly(1);
    }
}
