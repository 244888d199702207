package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("contract")
class PolicyReloadTest {

    private static final String LIMIT = "rate_limit.policies: {login_attempts: {limit: %s, window: 60s}}%n";

    private final String user = UniqueIds.next();

    @Test
    void changedFileTakesEffectAndABrokenOneIsRejected() throws Exception {
        String redis = "redis.url: " + TestRedis.url() + "\n";
        try (ServerProcess server = ServerProcess.start(redis + LIMIT.formatted(5))) {
            assertThat(limit(server)).isEqualTo(5);

            Files.writeString(server.config(), redis + LIMIT.formatted(8));
            Eventually.within(Duration.ofSeconds(10), "the limit is 8", () -> limit(server) == 8);

            Files.writeString(server.config(), redis + LIMIT.formatted("lots"));
            String error = "lots (expected: 1 to 1000000)";
            Eventually.within(
                    Duration.ofSeconds(10), "it is logged", () -> server.log().contains(error));
            assertThat(server.log()).contains("keeping the previous settings");
            assertThat(limit(server)).isEqualTo(8);

            Files.writeString(server.config(), redis + LIMIT.formatted(3));
            Eventually.within(Duration.ofSeconds(10), "the limit is 3", () -> limit(server) == 3);
        }
    }

    @Test
    void changedFileWithoutEffectIsLoggedWithTheVariableThatWins() throws Exception {
        String redis = "redis.url: " + TestRedis.url() + "\n";
        String variable = "EPHEMERAL_RATE_LIMIT_POLICIES";
        String limitOf5 = "{login_attempts: {limit: 5, window: 60s}}";
        try (ServerProcess server = ServerProcess.start(redis + LIMIT.formatted(8), Map.of(variable, limitOf5))) {
            Files.writeString(server.config(), redis + LIMIT.formatted(3));
            Eventually.within(
                    Duration.ofSeconds(10),
                    "it is logged",
                    () -> server.log().contains("changed, but rate_limit.policies has its value from " + variable));
            assertThat(server.log()).doesNotContain("Reloaded");
            assertThat(limit(server)).isEqualTo(5);
        }
    }

    private int limit(ServerProcess server) {
        return server.rateLimits().checkRate(check(user, "login_attempts", 0)).getLimit();
    }
}
