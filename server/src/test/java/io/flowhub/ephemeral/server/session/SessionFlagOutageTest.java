package io.flowhub.ephemeral.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A consume whose response was lost in an outage does not count twice. */
@Tag("fault")
@Tag("latency")
class SessionFlagOutageTest {

    /** A frozen Redis may run the first consume when it continues: then the flag no longer exists and no consume wins. */
    @Test
    void atMostOneOf32ConcurrentConsumesThatRetryThroughAnOutageWins() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            SessionFlagCalls flags = new SessionFlagCalls(server.channel());
            flags.set("user", "f", "v");
            flags.consume("user", "f", "wrong"); // loads the script
            redis.freeze();
            StatusAssert.unavailableSoon(() -> flags.consume("user", "f", "v"));
            redis.thaw();
            List<Boolean> results = Concurrently.run(
                    32,
                    i -> Retry.untilAvailable(
                            Duration.ofSeconds(5),
                            () -> flags.consume("user", "f", "v").getConsumed()));
            assertThat(results).filteredOn(consumed -> consumed).hasSizeLessThanOrEqualTo(1);
            assertThat(flags.get("user", "f").getFound()).isFalse();
        }
    }
}
