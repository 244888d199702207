package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.allowed;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.denied;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.Outcome;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.params.SetParams;

/** On a Cluster the keys of one batch are on three masters: denied charges are rolled back in a second step. */
@Tag("contract")
@OnSingleAndCluster
class BatchCheckRateTest {

    @Parameter
    private Topology topology;

    private TestServer server;
    private RateLimitCalls user;
    private List<String> twentyUsers;

    @BeforeParameterizedClassInvocation
    void start() {
        server = TestServer.start(topology.yaml() + "\n" + RateLimitCalls.POLICIES);
    }

    @AfterParameterizedClassInvocation
    void stop() {
        topology.assertAllExpire();
        server.close();
    }

    @BeforeEach
    void chooseUsers() {
        user = new RateLimitCalls(server, UniqueIds.next());
        twentyUsers = IntStream.range(0, 20).mapToObj(i -> UniqueIds.next()).toList();
    }

    @Test
    void independentChecksAreDecidedSeparately() {
        user.call("fixed", 10);
        BatchCheckRateResponse response = user.independent(
                user.of("sliding", 3),
                check(user.user(), "fixed"),
                user.of("bucket", 2),
                check(user.user(), "login_attempts"));
        assertThat(response.getAllowed()).isFalse();
        assertThat(outcomes(response)).containsExactly(allowed(7), denied(0), allowed(8), allowed(4));
        assertThat(outcomes(ofTwentyUsers(BatchMode.BATCH_MODE_UNSPECIFIED, id -> check(id, "bucket", 2))))
                .containsOnly(allowed(8));
    }

    @Test
    void sameLimitTwiceInABatchCountsTwice() {
        assertThat(outcomes(user.independent(user.of("fixed", 6), user.of("fixed", 6))))
                .containsExactlyInAnyOrder(allowed(4), denied(4));
        assertThat(user.remaining("fixed")).isEqualTo(4);
    }

    @Test
    void keyOfAnotherTypeFailsItsCheckOnly() {
        storeList("sliding");
        BatchCheckRateResponse response =
                user.independent(user.of("fixed", 1), user.of("sliding", 1), user.of("bucket", 1));
        assertThat(response.getAllowed()).isFalse();
        assertThat(response.getResultsList())
                .extracting(CheckRateResponse::getErrorReason, CheckRateResponse::getAllowed)
                .containsExactly(tuple("", true), tuple("ERROR_REASON_REDIS_REJECTED", false), tuple("", true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void keyOfAnotherTypeIsReportedWithTheRedisErrorAndChargesNothing(String action) {
        storeList(action);
        assertWrongType(() -> user.call(action, 1));
        assertWrongType(() -> user.independent(user.of(action, 1)));
        assertWrongType(() -> user.allOrNothing(user.of("login_attempts", 1), user.of(action, 1)));
        assertThat(user.remaining("login_attempts")).isEqualTo(5);
    }

    @Test
    void allOrNothingChargesAllIfAllFit() {
        BatchCheckRateResponse response = user.allOrNothing(
                user.of("fixed", 10), user.of("sliding", 10), user.of("bucket", 10), user.of("other", 7));
        assertThat(response.getAllowed()).isTrue();
        assertThat(outcomes(response)).containsOnly(allowed(0));
        assertThat(remaining("fixed", "sliding", "bucket", "other")).containsOnly(0);

        assertThat(ofTwentyUsers(BatchMode.BATCH_MODE_ALL_OR_NOTHING, id -> check(id, "sliding", 4))
                        .getAllowed())
                .isTrue();
        assertThat(twentyUsers).extracting(id -> remainingOf(id, "sliding")).containsOnly(6);
    }

    @Test
    void allOrNothingChargesNothingIfOneIsDenied() {
        user.call("sliding", 9);
        user.call("bucket", 4);
        BatchCheckRateResponse response = user.allOrNothing(
                user.of("fixed", 2), user.of("bucket", 3), user.of("sliding", 2), user.of("other", 1));
        assertThat(response.getAllowed()).isFalse();
        assertThat(outcomes(response))
                .as("the denied check, and remaining without any charge")
                .containsExactly(allowed(10), allowed(6), denied(1), allowed(7));
        assertThat(topology.client().exists(key("fixed"))).isFalse();
        assertThat(remaining("fixed", "bucket", "sliding", "other")).containsExactly(10, 6, 1, 7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void chargesOfOtherSlotsAreRolledBack(String action) {
        String full = twentyUsers.get(7);
        new RateLimitCalls(server, full).call(action, 8);
        BatchCheckRateResponse response =
                ofTwentyUsers(BatchMode.BATCH_MODE_ALL_OR_NOTHING, id -> check(id, action, 3));
        assertThat(response.getAllowed()).isFalse();
        for (int i = 0; i < twentyUsers.size(); i++) {
            assertThat(outcomes(response).get(i)).isEqualTo(i == 7 ? denied(2) : allowed(10));
            assertThat(remainingOf(twentyUsers.get(i), action)).isEqualTo(i == 7 ? 2 : 10);
        }
    }

    @Test
    void deniedAllOrNothingDoesNotExtendAWindowInItsLastMillisecond() {
        user.call("sliding", 10);
        for (int round = 0; round < 300; round++) {
            topology.client().set(key("fixed"), "10", SetParams.setParams().px(3));
            for (int i = 0; i < 12; i++) {
                assertThat(allFit(user.of("fixed", 1), user.of("sliding", 1))).isFalse();
            }
            assertThat(topology.client().pttl(key("fixed")))
                    .as("round %d", round)
                    .isLessThanOrEqualTo(3);
        }
    }

    @Test
    void allOrNothingAddsUpChecksOfTheSameLimit() {
        assertThat(allFit(user.of("fixed", 6), user.of("fixed", 5))).isFalse();
        assertThat(user.remaining("fixed")).isEqualTo(10);
        assertThat(allFit(user.of("fixed", 6), user.of("fixed", 4))).isTrue();
        assertThat(user.remaining("fixed")).isZero();
    }

    @Test
    void allOrNothingChargesARequestOnce() {
        CheckRateRequest first = user.of("fixed", 3, "a");
        CheckRateRequest second = user.of("sliding", 3, "a");
        assertThat(allFit(first, second, first)).isTrue();
        assertThat(allFit(first, second)).isTrue();
        assertThat(remaining("fixed", "sliding")).containsOnly(7);
    }

    @Test
    void deniedAllOrNothingDoesNotRecordItsRequests() {
        new RateLimitCalls(server, twentyUsers.get(3)).call("fixed", 10);
        Function<String, CheckRateRequest> check = id -> new RateLimitCalls(server, id).of("fixed", 1, "r");
        assertThat(ofTwentyUsers(BatchMode.BATCH_MODE_ALL_OR_NOTHING, check).getAllowed())
                .isFalse();
        CheckRateRequest rolledBack = check.apply(twentyUsers.get(0));
        assertThat(user.call(rolledBack).getRemaining()).as("charged later").isEqualTo(9);
        assertThat(user.call(rolledBack).getRemaining()).as("charged once").isEqualTo(9);
    }

    @Test
    void peekIsPartOfABatch() {
        user.call("sliding", 10);
        assertThat(allFit(user.of("fixed", 0), user.of("bucket", 1))).isTrue();
        assertThat(allFit(user.of("sliding", 0), user.of("bucket", 1))).isFalse();
        assertThat(user.remaining("bucket")).isEqualTo(9);
    }

    private boolean allFit(CheckRateRequest... checks) {
        return user.allOrNothing(checks).getAllowed();
    }

    private BatchCheckRateResponse ofTwentyUsers(BatchMode mode, Function<String, CheckRateRequest> check) {
        return user.batch(mode, twentyUsers.stream().map(check).toList());
    }

    private static List<Outcome> outcomes(BatchCheckRateResponse response) {
        return response.getResultsList().stream().map(Outcome::of).toList();
    }

    private List<Integer> remaining(String... actions) {
        return List.of(actions).stream().map(user::remaining).toList();
    }

    private int remainingOf(String id, String action) {
        return new RateLimitCalls(server, id).remaining(action);
    }

    private String key(String action) {
        return "rate:" + user.user() + ":" + action;
    }

    private void storeList(String action) {
        topology.client().lpush(key(action), "x");
        topology.client().pexpire(key(action), 60_000);
    }

    private static void assertWrongType(ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.rejectedByRedis(call);
        assertThat(e).hasMessageContaining("WRONGTYPE");
        assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap()).containsEntry("redis_error", "WRONGTYPE");
    }
}
