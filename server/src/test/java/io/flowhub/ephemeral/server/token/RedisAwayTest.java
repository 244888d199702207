package io.flowhub.ephemeral.server.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.Race;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Refused;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Without Redis no token is good, and whatever was lost on the way is used up once. */
class RedisAwayTest {

    private final String user = Fresh.id();

    @Test
    void everyCallIsUnavailableInTime() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            Tokens tokens = Tokens.on(server.channel());
            String token = tokens.issue(user).getToken();
            Refused.because("user_id", () -> tokens.issue("")); // the first refusal of a JVM loads classes
            redis.kill();
            for (int i = 0; i < 3; i++) {
                Refused.soon(() -> tokens.issue(user));
                Refused.soon(() -> tokens.verify(user, token));
                Refused.soon(() -> tokens.consume(user, token));
                Refused.soon(() -> tokens.consume(user, token, "r"));
                Refused.soon(() -> tokens.revoke(user, ""));
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
            Tokens tokens = Tokens.on(server.channel());
            String token = tokens.issue(user).getToken();
            tokens.consume(user, Tokens.WRONG, "warm");
            Refused.because("user_id", () -> tokens.issue("")); // the first refusal of a JVM loads classes
            redis.freeze();
            Refused.soon(() -> tokens.consume(user, token, "lost"));
            redis.thaw();

            assertThat(once(() -> tokens.consume(user, token, "lost"))).isTrue();
            assertThat(once(() -> tokens.consume(user, token, "another"))).isFalse();
        }
    }

    @Test
    void of32WhoTryOnThroughAnOutageOneWins() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            Tokens tokens = Tokens.on(server.channel());
            String token = tokens.issue(user).getToken();
            tokens.consume(user, Tokens.WRONG, "warm");
            Refused.because("user_id", () -> tokens.issue("")); // the first refusal of a JVM loads classes
            redis.freeze();
            List<Boolean> told = Race.of(32, i -> {
                if (i == 0) {
                    Refused.soon(() -> tokens.consume(user, token, "r0"));
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
