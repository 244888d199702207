package io.flowhub.ephemeral.server.token;

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

/** Without Redis no token is good, and whatever was lost on the way is used up once. */
class TokenOutageTest {

    private final String user = UniqueIds.next();

    @Test
    void everyCallIsUnavailableInTime() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TokenCalls tokens = TokenCalls.on(server.channel());
            String token = tokens.issue(user).getToken();
            StatusAssert.invalidField("user_id", () -> tokens.issue("")); // the first refusal of a JVM loads classes
            redis.kill();
            for (int i = 0; i < 3; i++) {
                StatusAssert.unavailableSoon(() -> tokens.issue(user));
                StatusAssert.unavailableSoon(() -> tokens.verify(user, token));
                StatusAssert.unavailableSoon(() -> tokens.consume(user, token));
                StatusAssert.unavailableSoon(() -> tokens.consume(user, token, "r"));
                StatusAssert.unavailableSoon(() -> tokens.revoke(user, ""));
            }
            redis.restart();
            assertThat(once(() -> tokens.consume(user, token)))
                    .as("Redis forgot it, so nobody has it")
                    .isFalse();
        }
    }

    /** The frozen Redis takes in what it is sent and does it when it thaws, when the callers have long been told no. */
    @Test
    void tokenWhoseConsumptionWasLostIsUsedUpOnceAndTheRequestCanFindOut() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TokenCalls tokens = TokenCalls.on(server.channel());
            String token = tokens.issue(user).getToken();
            tokens.consume(user, TokenCalls.WRONG, "warm");
            StatusAssert.invalidField("user_id", () -> tokens.issue("")); // the first refusal of a JVM loads classes
            redis.freeze();
            StatusAssert.unavailableSoon(() -> tokens.consume(user, token, "lost"));
            redis.thaw();

            assertThat(once(() -> tokens.consume(user, token, "lost"))).isTrue();
            assertThat(once(() -> tokens.consume(user, token, "another"))).isFalse();
        }
    }

    @Test
    void of32WhoTryOnThroughAnOutageOneWins() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TokenCalls tokens = TokenCalls.on(server.channel());
            String token = tokens.issue(user).getToken();
            tokens.consume(user, TokenCalls.WRONG, "warm");
            StatusAssert.invalidField("user_id", () -> tokens.issue("")); // the first refusal of a JVM loads classes
            redis.freeze();
            List<Boolean> told = Concurrently.run(32, i -> {
                if (i == 0) {
                    StatusAssert.unavailableSoon(() -> tokens.consume(user, token, "r0"));
                    thaw(redis);
                }
                return once(() -> tokens.consume(user, token, "r" + i));
            });
            assertThat(told).filteredOn(consumed -> consumed).hasSize(1);
        }
    }

    private interface Call {
        boolean make();
    }

    /** What the call is answered once Redis is there. */
    private static boolean once(Call call) {
        boolean[] answer = new boolean[1];
        Eventually.within(Duration.ofSeconds(5), () -> {
            try {
                answer[0] = call.make();
                return true;
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
                return false;
            }
        });
        return answer[0];
    }

    private static void thaw(RedisProcess redis) {
        try {
            redis.thaw();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
