package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeartbeatFrameTest {

    private static final int SIZE = 1_000;

    private final HeartbeatFrame frame = new HeartbeatFrame(
            StreamHeartbeatsRequest.newBuilder()
                    .addAllUserIds(
                            IntStream.range(0, SIZE).mapToObj(i -> "user" + i).toList())
                    .build(),
            Duration.ofSeconds(10),
            new StreamHandler.Outbound() {
                @Override
                public void signal() {}

                @Override
                public void requestNext() {}
            });

    private final List<Integer> indexes = IntStream.range(0, SIZE).boxed().toList();

    @Test
    void frameThatFailsUnexpectedlyIsLoggedOnce() {
        try (CapturedLog log = CapturedLog.of(StatusMapper.class)) {
            frame.reject(indexes.subList(0, SIZE / 2), new IllegalStateException("trouble"));
            indexes.subList(SIZE / 2, SIZE)
                    .forEach(index -> frame.reject(List.of(index), new IllegalStateException("trouble")));

            assertThat(log.messages())
                    .containsExactly("Unexpected error in flowhub.ephemeral.v1.PresenceService/StreamHeartbeats");
            assertThat(frame.response().getRejectedList())
                    .extracting(RejectedHeartbeat::getIndex)
                    .isEqualTo(indexes);
            assertThat(frame.response().getRejectedList())
                    .allMatch(rejected -> rejected.getErrorReason().equals("ERROR_REASON_INTERNAL")
                            && rejected.getMessage().equals("internal error"));
        }
    }

    @Test
    void frameThatFailsInAnOutageReportsTheReasonOfEachHeartbeatAndLogsNothing() {
        try (CapturedLog log = CapturedLog.of(StatusMapper.class)) {
            frame.reject(indexes, new RedisUnavailableException("Redis is unavailable"));

            assertThat(log.messages()).isEmpty();
            assertThat(frame.response().getRejectedList())
                    .hasSize(SIZE)
                    .allMatch(rejected -> rejected.getErrorReason().equals("ERROR_REASON_REDIS_UNAVAILABLE")
                            && rejected.getMessage().equals("Redis is unavailable"));
        }
    }
}
