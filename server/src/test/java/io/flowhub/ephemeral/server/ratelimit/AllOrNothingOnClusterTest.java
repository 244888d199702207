package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The keys of one batch are on three masters: denied charges are rolled back in a second step. */
@Tag("contract")
class AllOrNothingOnClusterTest {

    private static TestServer server;
    private static RateLimitServiceBlockingStub limits;

    private final List<String> users =
            IntStream.range(0, 20).mapToObj(i -> UniqueIds.next()).toList();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start(Topology.CLUSTER.yaml() + "\n" + RateLimitCalls.POLICIES);
        limits = server.rateLimits();
    }

    @AfterAll
    static void stop() {
        Topology.CLUSTER.assertAllExpire();
        server.close();
    }

    @Test
    void allChecksAreChargedIfAllFit() {
        assertThat(allOrNothing("sliding", 4).getAllowed()).isTrue();
        users.forEach(user -> assertThat(remaining(user, "sliding")).isEqualTo(6));
    }

    @Test
    void chargesOfOtherSlotsAreRolledBack() {
        for (String action : List.of("fixed", "sliding", "bucket")) {
            limits.checkRate(check(users.get(7), action, 8));
            BatchCheckRateResponse response = allOrNothing(action, 3);
            assertThat(response.getAllowed()).isFalse();
            for (int i = 0; i < users.size(); i++) {
                CheckRateResponse result = response.getResults(i);
                assertThat(result.getAllowed()).isEqualTo(i != 7);
                assertThat(result.getRemaining()).isEqualTo(i == 7 ? 2 : 10);
                assertThat(remaining(users.get(i), action)).isEqualTo(i == 7 ? 2 : 10);
            }
        }
    }

    @Test
    void rolledBackRequestIsChargedLater() {
        limits.checkRate(check(users.get(3), "fixed", 10));
        List<CheckRateRequest> checks = users.stream()
                .map(user -> check(user, "fixed").toBuilder().setRequestId("r").build())
                .toList();
        assertThat(allOrNothing(checks).getAllowed()).isFalse();
        assertThat(limits.checkRate(checks.get(0)).getRemaining()).isEqualTo(9);
        assertThat(limits.checkRate(checks.get(0)).getRemaining()).isEqualTo(9);
    }

    @Test
    void independentChecksOfManySlotsAllCount() {
        BatchCheckRateResponse response = limits.batchCheckRate(BatchCheckRateRequest.newBuilder()
                .addAllRequests(
                        users.stream().map(user -> check(user, "bucket", 2)).toList())
                .build());
        assertThat(response.getResultsList())
                .extracting(CheckRateResponse::getRemaining)
                .containsOnly(8);
    }

    private BatchCheckRateResponse allOrNothing(String action, int hits) {
        return allOrNothing(
                users.stream().map(user -> check(user, action, hits)).toList());
    }

    private static BatchCheckRateResponse allOrNothing(List<CheckRateRequest> checks) {
        return limits.batchCheckRate(BatchCheckRateRequest.newBuilder()
                .setMode(BatchMode.BATCH_MODE_ALL_OR_NOTHING)
                .addAllRequests(checks)
                .build());
    }

    private static int remaining(String user, String action) {
        return limits.checkRate(check(user, action, 0)).getRemaining();
    }
}
