package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class FrameResponseTest {

    private static final int SIZE = 1_000;

    @AutoClose
    private final CapturedLog log = CapturedLog.of(StatusMapper.class);

    private final FrameResponse response = new FrameResponse(1, Duration.ofSeconds(10));
    private final List<Integer> indexes = IntStream.range(0, SIZE).boxed().toList();

    @Test
    void frameThatFailsUnexpectedlyIsLoggedOnce() {
        response.reject(indexes.subList(0, SIZE / 2), new IllegalStateException("test"));
        indexes.subList(SIZE / 2, SIZE)
                .forEach(index -> response.reject(List.of(index), new IllegalStateException("test")));

        assertThat(log.messages())
                .containsExactly("Unexpected error in flowhub.ephemeral.v1.PresenceService/StreamHeartbeats");
        assertThat(response.build().getRejectedList()).isEqualTo(all("ERROR_REASON_INTERNAL", "internal error"));
    }

    @Test
    void frameThatFailsInAnOutageReportsTheReasonOfEachHeartbeatAndLogsNothing() {
        response.reject(indexes, new RedisUnavailableException("Redis is unavailable"));

        assertThat(log.messages()).isEmpty();
        assertThat(response.build().getRejectedList())
                .isEqualTo(all("ERROR_REASON_REDIS_UNAVAILABLE", "Redis is unavailable"));
    }

    private List<RejectedHeartbeat> all(String reason, String message) {
        var rejected = RejectedHeartbeat.newBuilder().setErrorReason(reason).setMessage(message);
        return indexes.stream().map(i -> rejected.setIndex(i).build()).toList();
    }
}
