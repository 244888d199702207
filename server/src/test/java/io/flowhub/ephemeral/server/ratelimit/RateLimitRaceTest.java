package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.TwoServers;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** 64 threads with 200 calls each over two servers in processes of their own: exactly the limit passes. */
@Tag("contract")
class RateLimitRaceTest {

    private static final int THREADS = 64;
    private static final int CALLS = 200;
    private static final int LIMIT = 1_000;

    /** With a window of a day a token is added every 86 s: none during the test. */
    private static final String POLICIES = """

            rate_limit.policies:
              fixed: {limit: 1000, window: 24h}
              sliding: {limit: 1000, window: 12h, algorithm: sliding_window}
              bucket: {limit: 1000, window: 24h, algorithm: token_bucket}
            """;

    @ParameterizedTest
    @EnumSource(names = {"SINGLE", "CLUSTER"})
    void exactlyTheLimitPasses(Topology topology) throws Exception {
        try (TwoServers servers = TwoServers.start(topology.yaml() + POLICIES)) {
            RateLimitServiceBlockingStub first = RateLimitServiceGrpc.newBlockingStub(servers.first());
            RateLimitServiceBlockingStub second = RateLimitServiceGrpc.newBlockingStub(servers.second());
            for (String action : List.of("fixed", "sliding", "bucket")) {
                String user = UniqueIds.next();
                List<Integer> allowed =
                        Concurrently.run(THREADS, thread -> allowed(user, action, thread % 2 == 0 ? first : second));
                assertThat(allowed.stream().mapToInt(count -> count).sum())
                        .as(action)
                        .isEqualTo(LIMIT);
                assertThat(first.checkRate(check(user, action, 0)).getRemaining())
                        .isZero();
            }
        }
        topology.assertAllExpire();
    }

    private static int allowed(String user, String action, RateLimitServiceBlockingStub server) {
        RateLimitServiceBlockingStub stub = server.withDeadlineAfter(60, TimeUnit.SECONDS);
        int allowed = 0;
        for (int call = 0; call < CALLS; call++) {
            allowed += stub.checkRate(check(user, action)).getAllowed() ? 1 : 0;
        }
        return allowed;
    }
}
