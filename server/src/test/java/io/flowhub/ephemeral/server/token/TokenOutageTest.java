package io.flowhub.ephemeral.server.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** No token is valid during an outage, and a consume whose response was lost counts once. */
@Tag("fault")
class TokenOutageTest {

    private final String user = UniqueIds.next();

    @Test
    void tokenThatRedisLostIsInvalid() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TokenCalls tokens = TokenCalls.on(server.channel());
            String token = tokens.issue(user).getToken();
            redis.kill();
            StatusAssert.unavailableSoon(() -> tokens.verify(user, token));
            StatusAssert.unavailableSoon(() -> tokens.consume(user, token, "r"));
            redis.restart();
            assertThat(retried(() -> tokens.consume(user, token))).isFalse();
        }
    }

    /** A frozen Redis accepts bytes and runs them when it continues, long after the calls failed. */
    @Test
    void consumeWhoseResponseWasLostIsRepeatedByItsRequestIdOnly() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TokenCalls tokens = TokenCalls.on(server.channel());
            String token = tokens.issue(user).getToken();
            tokens.consume(user, TokenCalls.WRONG, "warm-up"); // loads the script
            redis.freeze();
            StatusAssert.unavailableSoon(() -> tokens.consume(user, token, "lost"));
            redis.thaw();

            assertThat(retried(() -> tokens.consume(user, token, "lost"))).isTrue();
            assertThat(retried(() -> tokens.consume(user, token, "another"))).isFalse();
        }
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesThatRetryThroughAnOutageWins() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TokenCalls tokens = TokenCalls.on(server.channel());
            String token = tokens.issue(user).getToken();
            tokens.consume(user, TokenCalls.WRONG, "warm-up"); // loads the script
            redis.freeze();
            List<Boolean> results = Concurrently.run(32, i -> {
                if (i == 0) {
                    StatusAssert.unavailableSoon(() -> tokens.consume(user, token, "r0"));
                    thaw(redis);
                }
                return retried(() -> tokens.consume(user, token, "r" + i));
            });
            assertThat(results).filteredOn(consumed -> consumed).hasSize(1);
        }
    }

    private static boolean retried(Supplier<Boolean> call) {
        return Retry.untilAvailable(Duration.ofSeconds(5), call);
    }

    private static void thaw(RedisProcess redis) {
        try {
            redis.thaw();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
