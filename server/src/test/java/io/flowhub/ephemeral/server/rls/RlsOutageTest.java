package io.flowhub.ephemeral.server.rls;

import static io.flowhub.ephemeral.server.rls.RlsCalls.descriptor;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a gateway receives while Redis is unavailable. */
@Tag("fault")
class RlsOutageTest {

    private static final Duration BACK = Duration.ofSeconds(5);

    @TempDir
    private Path folder;

    private TestServer server(String... settings) {
        new RuleFolder(folder).write("rules.yaml", """
                        domain: edge
                        descriptors:
                          - {key: ten, rate_limit: {unit: day, requests_per_unit: 10}}
                        """);
        return TestServer.withRedis("rls.config: " + folder, String.join("\n", settings));
    }

    @Test
    void callFailsInTimeTheServiceIsNotReadyAndBothRecover() throws Exception {
        try (TestServer server = server()) {
            RlsCalls calls = new RlsCalls(server.channel(), "edge");
            String id = UniqueIds.next();
            assertThat(calls.outcomes(1, descriptor("ten", id))).containsExactly("OK 9");
            server.redis().kill();
            StatusAssert.unavailableSoon(() -> calls.call(descriptor("ten", id)));
            Eventually.within(BACK, "the service is not ready", () -> !isReady(server));
            assertThat(calls.call(descriptor("unmatched", id)).getOverallCode())
                    .as("without a counter")
                    .isEqualTo(Code.OK);
            server.redis().restart();
            Eventually.within(BACK, "the service is ready", () -> isReady(server));
            assertThat(calls.call(descriptor("ten", id)).getOverallCode()).isEqualTo(Code.OK);
        }
    }

    private static boolean isReady(TestServer server) {
        return Readiness.isServing(server.channel(), RateLimitServiceGrpc.SERVICE_NAME);
    }

    @ParameterizedTest
    @CsvSource({"deny, OVER_LIMIT, 0", "allow, OK, 10"})
    void policyDecidesWhatCannotBeCounted(String policy, Code code, int remaining) throws Exception {
        try (TestServer server = server("rls.on_redis_failure: " + policy)) {
            RlsCalls calls = new RlsCalls(server.channel(), "edge");
            server.redis().kill();
            RateLimitResponse response = calls.call(descriptor("ten", UniqueIds.next()));
            assertThat(response.getOverallCode()).isEqualTo(code);
            assertThat(response.getStatuses(0).getLimitRemaining()).isEqualTo(remaining);
            assertThat(response.getStatuses(0).getCurrentLimit().getRequestsPerUnit())
                    .isEqualTo(10);
            assertThat(response.getStatuses(0).hasDurationUntilReset())
                    .as("known")
                    .isFalse();
            server.redis().restart();
            Eventually.within(
                    BACK,
                    "it is counted again",
                    () -> calls.status(descriptor("ten", UniqueIds.next())).getLimitRemaining() == 9);
        }
    }
}
