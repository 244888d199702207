package io.flowhub.ephemeral.server.rls;

import static io.flowhub.ephemeral.server.rls.RlsCalls.descriptor;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.TwoServers;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.grpc.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/** 64 clients over two servers in processes of their own. A denied request consumes nothing here. */
@Tag("contract")
@OnSingleAndCluster
class RlsRaceTest {

    private static final int THREADS = 64;
    private static final int CALLS = 16;
    private static final int LIMIT = 200;

    private static final String RULES = """
            domain: race
            descriptors:
              - {key: small, rate_limit: {unit: day, requests_per_unit: 200}}
              - {key: large, rate_limit: {unit: day, requests_per_unit: 100000}}
              - {key: shadow, shadow_mode: true, rate_limit: {unit: day, requests_per_unit: 1}}
            """;

    @Parameter
    private Topology topology;

    private TwoServers servers;

    @BeforeParameterizedClassInvocation
    void start() throws Exception {
        Path rules = Files.createTempDirectory("rls-race");
        Files.writeString(rules.resolve("race.yaml"), RULES);
        servers = TwoServers.start(topology.yaml() + "\nrls.config: " + rules + """

                rls.count_denied: false
                rate_limit.policies:
                  rls|race|small|day: {limit: 200, window: 24h}
                """);
    }

    @AfterParameterizedClassInvocation
    void stop() {
        servers.close();
        topology.assertAllExpire();
    }

    @BeforeEach
    void awaitWindow() throws InterruptedException {
        RlsCalls.awaitLongWindow();
    }

    private Channel server(int number) {
        return number % 2 == 0 ? servers.first() : servers.second();
    }

    private RlsCalls calls(int number) {
        return new RlsCalls(server(number), "race");
    }

    @Test
    void exactlyTheLimitPassesThroughBothProtocolsTogether() throws Exception {
        String user = UniqueIds.next();
        List<Integer> allowed = Concurrently.run(THREADS, thread -> {
            int passed = 0;
            for (int i = 0; i < CALLS; i++) {
                passed += (thread % 4 < 2 ? passes(thread, user) : isAllowed(thread, user)) ? 1 : 0;
            }
            return passed;
        });
        assertThat(allowed.stream().mapToInt(count -> count).sum()).isEqualTo(LIMIT);
    }

    private boolean passes(int server, String user) {
        return calls(server).call(descriptor("small", user)).getOverallCode() == Code.OK;
    }

    private boolean isAllowed(int server, String user) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(user)
                .setAction("rls|race|small|day")
                .build();
        return RateLimitServiceGrpc.newBlockingStub(server(server))
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .checkRate(request)
                .getAllowed();
    }

    @Test
    void deniedRequestsConsumeNothingOfAnyOfTheirLimits() throws Exception {
        String user = UniqueIds.next();
        List<Integer> allowed = Concurrently.run(THREADS, thread -> {
            int passed = 0;
            for (int i = 0; i < CALLS; i++) {
                Code code = calls(thread)
                        .call(descriptor("large", user), descriptor("small", user), descriptor("shadow", user))
                        .getOverallCode();
                passed += code == Code.OK ? 1 : 0;
            }
            return passed;
        });
        assertThat(allowed.stream().mapToInt(count -> count).sum()).isEqualTo(LIMIT);
        assertThat(topology.client().get("rate:" + user + ":rls|race|small|day"))
                .isEqualTo(Integer.toString(LIMIT));
        assertThat(topology.client().get("rate:" + user + ":rls|race|large|day"))
                .isEqualTo(Integer.toString(LIMIT));
    }

    @Test
    void resetRateOpensTheWindowOnBothServers() {
        String user = UniqueIds.next();
        assertThat(calls(0).status(RlsCalls.withHits(LIMIT, descriptor("small", user)))
                        .getCode())
                .isEqualTo(Code.OK);
        assertThat(List.of(passes(0, user), passes(1, user))).containsOnly(false); // both know it to be full
        var unused = RateLimitServiceGrpc.newBlockingStub(servers.first())
                .resetRate(ResetRateRequest.newBuilder()
                        .setUserId(user)
                        .setAction("rls|race|small|day")
                        .build());
        assertThat(passes(0, user)).isTrue();
        Eventually.within(Duration.ofMillis(500), "the other server passes it", () -> passes(1, user));
    }
}
