package io.flowhub.ephemeral.server.rls;

import static io.flowhub.ephemeral.server.rls.RlsCalls.descriptor;
import static io.flowhub.ephemeral.server.rls.RlsCalls.outcome;
import static io.flowhub.ephemeral.server.rls.RlsCalls.withHits;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/** With {@code rls.count_denied: false}, a denied request consumes nothing of any of its limits. */
@Tag("contract")
@OnSingleAndCluster
class RlsDeniedTest {

    private static final String RULES = """
            domain: edge
            descriptors:
              - {key: twenty, rate_limit: {unit: hour, requests_per_unit: 20}}
              - {key: ten, rate_limit: {unit: day, requests_per_unit: 10}}
              - {key: shadow, shadow_mode: true, rate_limit: {unit: hour, requests_per_unit: 1}}
              - {key: quota, quota_mode: true, rate_limit: {unit: hour, requests_per_unit: 1}}
              - {key: quota2, quota_mode: true, rate_limit: {unit: hour, requests_per_unit: 2}}
            """;

    @Parameter
    private Topology topology;

    private TestServer server;
    private RlsCalls calls;

    @BeforeParameterizedClassInvocation
    void start() throws Exception {
        Path rules = Files.createTempDirectory("rls-denied");
        Files.writeString(rules.resolve("edge.yaml"), RULES);
        server = TestServer.start(topology.yaml() + "\nrls.config: " + rules + "\nrls.count_denied: false");
        calls = new RlsCalls(server.channel(), "edge");
    }

    @AfterParameterizedClassInvocation
    void stop() {
        server.close();
        topology.assertAllExpire();
    }

    @BeforeEach
    void awaitWindow() throws InterruptedException {
        RlsCalls.awaitLongWindow();
    }

    @Test
    void otherLimitsStayAsTheyWereWhileOneDenies() {
        String id = UniqueIds.next();
        for (int i = 0; i < 15; i++) {
            RateLimitResponse response = calls.call(descriptor("twenty", id), descriptor("ten", id));
            assertThat(response.getOverallCode()).isEqualTo(i < 10 ? Code.OK : Code.OVER_LIMIT);
            assertThat(response.getStatusesList())
                    .extracting(RlsCalls::outcome)
                    .containsExactly("OK " + Math.max(10, 19 - i), i < 10 ? "OK " + (9 - i) : "OVER_LIMIT 0");
        }
    }

    @Test
    void fewerHitsPassAfterADenial() {
        RateLimitDescriptor ten = descriptor("ten", UniqueIds.next());
        assertThat(outcome(calls.status(withHits(8, ten)))).isEqualTo("OK 2");
        assertThat(outcome(calls.status(withHits(3, ten)))).isEqualTo("OVER_LIMIT 0");
        assertThat(outcome(calls.status(withHits(2, ten)))).isEqualTo("OK 0");
        assertThat(outcome(calls.status(withHits(0, ten)))).isEqualTo("OK 0");
        assertThat(calls.outcomes(2, ten)).containsOnly("OVER_LIMIT 0");
    }

    @Test
    void shadowRulesAndSingleQuotasDenyNothing() {
        String id = UniqueIds.next();
        RateLimitDescriptor[] all = {
            descriptor("shadow", id), descriptor("quota", id), descriptor("quota2", id), descriptor("ten", id)
        };
        assertThat(List.of(calls.call(all), calls.call(all), calls.call(all)))
                .extracting(RateLimitResponse::getOverallCode)
                .containsExactly(Code.OK, Code.OK, Code.OVER_LIMIT);
        assertThat(outcome(calls.status(withHits(0, descriptor("ten", id))))).isEqualTo("OK 8");
    }

    @Test
    void oneCounterTwiceInARequestIsCountedTwice() {
        RateLimitDescriptor six = withHits(6, descriptor("ten", UniqueIds.next()));
        assertThat(calls.call(six, six).getOverallCode()).isEqualTo(Code.OVER_LIMIT);
        assertThat(outcome(calls.status(six))).isEqualTo("OK 4");
    }
}
