package io.flowhub.ephemeral.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Without Redis no flag is set, read or taken, and what was lost on the way is not taken twice. */
class SessionFlagOutageTest {

    private final String user = UniqueIds.next();

    @Test
    void everyCallIsUnavailableInTimeAndWorksAgainAfterwards() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            SessionFlagCalls flags = SessionFlagCalls.on(server.channel());
            flags.set(user, "f", "v");
            StatusAssert.invalidField("user_id", () -> flags.get("", "f")); // the first refusal of a JVM loads classes
            redis.kill();
            for (int i = 0; i < 3; i++) {
                StatusAssert.unavailableSoon(() -> flags.set(user, "f", "v"));
                StatusAssert.unavailableSoon(() -> flags.get(user, "f"));
                StatusAssert.unavailableSoon(() -> flags.consume(user, "f"));
                StatusAssert.unavailableSoon(() -> flags.consume(user, "f", "v"));
                StatusAssert.unavailableSoon(() -> flags.clear(user, "f"));
            }
            redis.restart();
            Eventually.within(Duration.ofSeconds(5), () -> {
                try {
                    flags.set(user, "f", "v");
                    return flags.get(user, "f").getFound();
                } catch (StatusRuntimeException notYet) {
                    return false;
                }
            });
        }
    }

    /** The frozen Redis may take in what it is sent and do it when it thaws: then the flag is gone, and nobody has it. */
    @Test
    void of32WhoTryOnThroughAnOutageAtMostOneGetsTheFlag() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            SessionFlagCalls flags = SessionFlagCalls.on(server.channel());
            flags.set(user, "f", "v");
            flags.consume(user, "f", "warm");
            StatusAssert.invalidField("user_id", () -> flags.get("", "f")); // the first refusal of a JVM loads classes
            redis.freeze();
            StatusAssert.unavailableSoon(() -> flags.consume(user, "f", "v"));
            redis.thaw();
            List<Boolean> told = Concurrently.run(32, i -> answered(flags));
            assertThat(told).filteredOn(consumed -> consumed).hasSizeLessThanOrEqualTo(1);
            assertThat(flags.get(user, "f").getFound()).isFalse();
        }
    }

    private boolean answered(SessionFlagCalls flags) {
        boolean[] consumed = new boolean[1];
        Eventually.within(Duration.ofSeconds(5), () -> {
            try {
                consumed[0] = flags.consume(user, "f", "v").getConsumed();
                return true;
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
                return false;
            }
        });
        return consumed[0];
    }
}
