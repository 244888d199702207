package io.flowhub.ephemeral.server.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** No token is valid during an outage, and a consume whose response was lost counts once. */
@Tag("fault")
@Tag("latency")
class TokenOutageTest {

    private static final String USER = "user";

    @AutoClose
    private final RedisProcess redis = RedisProcess.start();

    @AutoClose
    private final TestServer server = TestServer.on(redis.url());

    private final TokenCalls tokens = new TokenCalls(server.channel());
    private final String token = tokens.issue(USER).getToken();

    @Test
    void tokenThatRedisLostIsInvalid() throws Exception {
        redis.kill();
        StatusAssert.unavailableSoon(() -> tokens.verify(USER, token));
        StatusAssert.unavailableSoon(() -> tokens.consume(USER, token, "r"));
        redis.restart();
        assertThat(retried(() -> tokens.consume(USER, token))).isFalse();
    }

    /** A frozen Redis accepts bytes and runs them when it continues, long after the calls failed. */
    @Test
    void consumeWhoseResponseWasLostIsRepeatedByItsRequestIdOnly() {
        tokens.consume(USER, TokenCalls.WRONG, "warm-up"); // loads the script
        redis.freeze();
        StatusAssert.unavailableSoon(() -> tokens.consume(USER, token, "lost"));
        redis.thaw();

        assertThat(retried(() -> tokens.consume(USER, token, "lost"))).isTrue();
        assertThat(retried(() -> tokens.consume(USER, token, "another"))).isFalse();
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesThatRetryThroughAnOutageWins() throws Exception {
        tokens.consume(USER, TokenCalls.WRONG, "warm-up"); // loads the script
        redis.freeze();
        assertThat(Concurrently.run(32, i -> {
                    if (i == 0) {
                        StatusAssert.unavailableSoon(() -> tokens.consume(USER, token, "r0"));
                        redis.thaw();
                    }
                    return retried(() -> tokens.consume(USER, token, "r" + i));
                }))
                .containsOnlyOnce(true);
    }

    private static boolean retried(Supplier<Boolean> call) {
        return Retry.untilAvailable(Duration.ofSeconds(5), call);
    }
}
