package io.flowhub.ephemeral.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagResponse;
import io.flowhub.ephemeral.v1.GetSessionFlagResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.params.SetParams;

/** The contract of session flags on every topology, with two server processes. */
@Tag("contract")
@OnSingleAndCluster
class SessionFlagContractTest extends TwoServersSuite {

    private static final int CALLERS = 32;
    private static final int ROUNDS = 10;
    private static final String FLAG = "terms_accepted";

    private SessionFlagCalls first;
    private SessionFlagCalls second;

    @BeforeParameterizedClassInvocation
    void connect() {
        first = new SessionFlagCalls(servers.first());
        second = new SessionFlagCalls(servers.second());
    }

    @Test
    void concurrentSetsNeverLeaveAFlagWithoutATtl() throws Exception {
        String user = UniqueIds.next();
        first.set(user, FLAG, "0");
        assertThat(Concurrently.run(CALLERS, i -> {
                    for (int n = 0; n < 30; n++) {
                        if (i < CALLERS / 2) {
                            server(i).set(user, FLAG, "v" + n, i % 4 < 2 ? 300 : 1800, 0);
                        } else if (redis.pttl(key(user)) <= 0) {
                            return false;
                        }
                    }
                    return true;
                }))
                .as("has a TTL")
                .containsOnly(true);
    }

    @Test
    void flagThatVerifyOtpSetsIsReadAndConsumedButNotSet() {
        String user = UniqueIds.next();
        StatusAssert.invalidField("flag", () -> first.set(user, "otp_valid", "1"));
        redis.set("session:" + user + ":otp_valid", "1", SetParams.setParams().px(60_000));
        assertThat(first.get(user, "otp_valid").getValue()).isEqualTo("1");
        assertThat(second.consume(user, "otp_valid").getConsumed()).isTrue();
    }

    @Test
    void secondSetReplacesValueAndTtl() {
        String user = UniqueIds.next();
        first.set(user, FLAG, "first", 1800, 0);
        assertThat(redis.get(key(user))).isEqualTo("first");
        assertThat(redis.pttl(key(user))).isBetween(1_790_000L, 1_800_000L);
        var set = second.set(user, FLAG, "second", 301, 500_000_000);
        assertThat(redis.get(key(user))).isEqualTo("second");
        assertThat(redis.pttl(key(user))).isBetween(291_500L, 301_500L);
        assertExpiresAt(set.getExpireTime(), key(user));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exactlyOneOf32ConcurrentConsumesOnTwoServersWins(boolean expectsTheValue) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            first.set(user, FLAG, "v");
            assertThat(Concurrently.run(
                            CALLERS,
                            i -> expectsTheValue
                                    ? server(i).consume(user, FLAG, "v")
                                    : server(i).consume(user, FLAG)))
                    .filteredOn(ConsumeSessionFlagResponse::getConsumed)
                    .extracting(ConsumeSessionFlagResponse::getValue)
                    .containsExactly("v");
            assertThat(first.get(user, FLAG).getFound()).isFalse();
        }
    }

    @Test
    void flagOfOneSessionDoesNotSatisfyAnother() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            first.set(user, FLAG, "session-a");
            assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, FLAG, "session-b" + i)))
                    .containsOnly(ConsumeSessionFlagResponse.getDefaultInstance());
            List<String> sessions = Concurrently.run(CALLERS, i -> {
                String session = i % 4 < 2 ? "session-a" : "session-b";
                return server(i).consume(user, FLAG, session).getConsumed() ? session : "";
            });
            assertThat(sessions).containsOnlyOnce("session-a").containsOnly("session-a", "");
        }
    }

    @Test
    void emptyExpectedValueMatchesOnlyAnEmptyValue() {
        String user = UniqueIds.next();
        first.set(user, FLAG, "v");
        assertThat(first.consume(user, FLAG, "").getConsumed()).isFalse();
        assertThat(first.get(user, FLAG).getFound()).isTrue();
        first.set(user, FLAG, "");
        assertThat(first.consume(user, FLAG, "v").getConsumed()).isFalse();
        assertThat(first.consume(user, FLAG, "").getConsumed()).isTrue();
    }

    @Test
    void readDoesNotExtendTheTtl() throws Exception {
        String user = UniqueIds.next();
        first.set(user, FLAG, "v");
        redis.pexpire(key(user), 60_000);
        assertThat(Concurrently.run(CALLERS, i -> server(i).get(user, FLAG)))
                .allMatch(read -> read.getFound() && read.getValue().equals("v"))
                .allMatch(read -> read.getExpiresIn().getSeconds() < 61);
        first.consume(user, FLAG, "another");
        assertThat(redis.pttl(key(user))).isBetween(50_000L, 60_000L);
    }

    @ParameterizedTest
    @CsvSource({"300, 0", "300, 1000000", "1799, 999999999", "1800, 0"})
    void ttlOfFiveToThirtyMinutesIsAccepted(long seconds, int nanos) {
        String user = UniqueIds.next();
        first.set(user, FLAG, "v", seconds, nanos);
        assertThat(redis.pttl(key(user))).isBetween(seconds * 1000 - 10_000, seconds * 1000 + nanos / 1_000_000);
    }

    @ParameterizedTest
    @CsvSource({"299, 999999999", "0, 0", "-300, 0", "1800, 1", "86400, 0", "300, -1", "300, 1000000000"})
    void ttlOutOfRangeIsRejected(long seconds, int nanos) {
        String user = UniqueIds.next();
        StatusAssert.invalidField("ttl", () -> first.set(user, FLAG, "v", seconds, nanos));
        assertThat(redis.exists(key(user))).isFalse();
    }

    static List<String> values() {
        return List.of("", "0", "1", "v", "true", "a\0b\n", "ü".repeat(128), "😀".repeat(64), "a".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueIsReturnedUnchangedAndLivesFiveMinutesByDefault(String value) {
        String user = UniqueIds.next();
        first.set(user, FLAG, value);
        assertThat(redis.pttl(key(user))).as("default TTL").isBetween(290_000L, 300_000L);
        GetSessionFlagResponse read = second.get(user, FLAG);
        assertThat(read.getFound()).isTrue();
        assertThat(read.getValue()).isEqualTo(value);
        assertThat(read.getExpiresIn().getSeconds()).isBetween(290L, 300L);
        ConsumeSessionFlagResponse consumed = first.consume(user, FLAG, value);
        assertThat(consumed.getConsumed()).isTrue();
        assertThat(consumed.getValue()).isEqualTo(value);
    }

    @Test
    void flagThatIsNotSetClearedOrExpiredIsNotFound() {
        String user = UniqueIds.next();
        assertNotFound(user);
        first.set(user, FLAG, "v");
        first.set(user, "other", "w");
        assertThat(second.clear(user, FLAG)).isTrue();
        assertNotFound(user);
        assertThat(first.get(user, "other").getValue()).isEqualTo("w");
        first.set(user, FLAG, "v");
        expire(key(user));
        assertNotFound(user);
    }

    private void assertNotFound(String user) {
        assertThat(first.get(user, FLAG)).isEqualTo(GetSessionFlagResponse.getDefaultInstance());
        assertThat(first.consume(user, FLAG)).isEqualTo(ConsumeSessionFlagResponse.getDefaultInstance());
        assertThat(first.clear(user, FLAG)).isFalse();
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndReplacedBySet() {
        String user = UniqueIds.next();
        storeHash(key(user));
        StatusAssert.rejectedByRedis(() -> first.get(user, FLAG));
        StatusAssert.rejectedByRedis(() -> first.consume(user, FLAG));
        StatusAssert.rejectedByRedis(() -> first.consume(user, FLAG, "v"));
        first.set(user, FLAG, "v");
        assertThat(first.get(user, FLAG).getValue()).isEqualTo("v");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "ü", "日", "😀"})
    void tooLongValueIsRejectedNotEchoedAndDoesNotChangeTheFlag(String character) {
        String user = UniqueIds.next();
        String value = character.repeat(257);
        first.set(user, FLAG, "v");
        for (StatusRuntimeException e : List.of(
                StatusAssert.invalidField("value", () -> first.set(user, FLAG, value)),
                StatusAssert.invalidField("expected_value", () -> first.consume(user, FLAG, value)))) {
            assertThat(e.getStatus().getDescription()).contains(" bytes\" (expected: up to 256 bytes)");
            assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain(character.repeat(3));
        }
        StatusAssert.invalidField("ttl", () -> first.set(user, FLAG, "w", 1, 0));
        assertThat(first.get(user, FLAG).getValue()).isEqualTo("v");
    }

    @Test
    void neitherLogsNorToStringContainAValue() {
        String user = UniqueIds.next();
        String value = "binding-" + UniqueIds.next();
        first.set(user, FLAG, value);
        first.consume(user, FLAG, value + "x");
        StatusAssert.invalidField("value", () -> first.set(user, FLAG, value.repeat(10)));
        first.consume(user, FLAG, value);
        assertThat(servers.logs()).contains("Serving").doesNotContain(value);
        assertThat(new SessionFlag(true, value, 1).toString()).doesNotContain(value);
    }

    private SessionFlagCalls server(int caller) {
        return caller % 2 == 0 ? first : second;
    }

    private static String key(String user) {
        return "session:" + user + ":" + FLAG;
    }
}
