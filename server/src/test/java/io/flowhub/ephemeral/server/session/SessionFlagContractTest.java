package io.flowhub.ephemeral.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagResponse;
import io.flowhub.ephemeral.v1.GetSessionFlagResponse;
import io.grpc.Status.Code;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of session flags on every topology, with two server processes. */
@Tag("contract")
@OnSingleAndCluster
class SessionFlagContractTest extends TwoServersSuite {

    private static final int CALLERS = 32;
    private static final int ROUNDS = 10;
    private static final String FLAG = "otp_valid";

    private SessionFlagCalls first;
    private SessionFlagCalls second;

    @BeforeParameterizedClassInvocation
    void connect() {
        first = SessionFlagCalls.on(servers.first());
        second = SessionFlagCalls.on(servers.second());
    }

    @Test
    void concurrentSetsNeverLeaveAFlagWithoutATtl() throws Exception {
        String user = UniqueIds.next();
        first.set(user, FLAG, "0");
        List<Boolean> hasTtl = Concurrently.run(CALLERS, i -> {
            for (int n = 0; n < 30; n++) {
                if (i < CALLERS / 2) {
                    server(i).set(user, FLAG, "v" + n, i % 4 < 2 ? 300 : 1800, 0);
                } else if (redis.pttl(key(user)) <= 0) {
                    return false;
                }
            }
            return true;
        });
        assertThat(hasTtl).containsOnly(true);
    }

    @Test
    void secondSetReplacesValueAndTtl() {
        String user = UniqueIds.next();
        first.set(user, FLAG, "first", 1800, 0);
        assertThat(redis.get(key(user))).isEqualTo("first");
        assertThat(redis.pttl(key(user))).isBetween(1_790_000L, 1_800_000L);
        Timestamp expireTime =
                second.set(user, FLAG, "second", 301, 500_000_000).getExpireTime();
        assertThat(redis.get(key(user))).isEqualTo("second");
        assertThat(redis.pttl(key(user))).isBetween(291_500L, 301_500L);
        assertThat(Math.abs(expireTime.getSeconds() * 1000
                        + expireTime.getNanos() / 1_000_000
                        - redis.pexpireTime(key(user))))
                .as("ms between expire_time and the expiry in Redis")
                .isLessThanOrEqualTo(50);
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesOnTwoServersWins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            first.set(user, FLAG, "v");
            assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, FLAG)))
                    .filteredOn(ConsumeSessionFlagResponse::getConsumed)
                    .extracting(ConsumeSessionFlagResponse::getValue)
                    .containsExactly("v");
            assertThat(first.get(user, FLAG).getFound()).isFalse();
        }
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesWithTheExpectedValueWins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            first.set(user, FLAG, "v");
            assertThat(Concurrently.run(CALLERS, i -> server(i).consume(user, FLAG, "v")))
                    .filteredOn(ConsumeSessionFlagResponse::getConsumed)
                    .hasSize(1);
        }
    }

    @Test
    void flagOfOneSessionDoesNotSatisfyAnother() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            first.set(user, FLAG, "session-a");
            List<ConsumeSessionFlagResponse> others =
                    Concurrently.run(CALLERS, i -> server(i).consume(user, FLAG, "session-b" + i));
            assertThat(others)
                    .allMatch(other -> !other.getConsumed() && other.getValue().isEmpty());
            List<ConsumeSessionFlagResponse> all = Concurrently.run(
                    CALLERS, i -> server(i).consume(user, FLAG, i % 4 < 2 ? "session-a" : "session-b"));
            for (int i = 0; i < CALLERS; i++) {
                assertThat(all.get(i).getConsumed() && i % 4 >= 2).isFalse();
            }
            assertThat(all).filteredOn(ConsumeSessionFlagResponse::getConsumed).hasSize(1);
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
        List<GetSessionFlagResponse> read =
                Concurrently.run(CALLERS, i -> server(i).get(user, FLAG));
        assertThat(read).allMatch(one -> one.getFound() && one.getValue().equals("v"));
        assertThat(read).allMatch(one -> one.getExpiresIn().getSeconds() < 61);
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

    @Test
    void defaultTtlIsFiveMinutes() {
        String user = UniqueIds.next();
        first.set(user, FLAG, "v");
        assertThat(redis.pttl(key(user))).isBetween(290_000L, 300_000L);
    }

    static List<String> values() {
        return List.of("", "0", "1", "v", "true", "a\0b\n", "ü".repeat(128), "😀".repeat(64), "a".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueIsReturnedUnchanged(String value) {
        String user = UniqueIds.next();
        first.set(user, "f", value);
        GetSessionFlagResponse read = second.get(user, "f");
        assertThat(read.getFound()).isTrue();
        assertThat(read.getValue()).isEqualTo(value);
        assertThat(read.getExpiresIn().getSeconds()).isBetween(290L, 300L);
        ConsumeSessionFlagResponse consumed = first.consume(user, "f", value);
        assertThat(consumed.getConsumed()).isTrue();
        assertThat(consumed.getValue()).isEqualTo(value);
    }

    @Test
    void flagThatIsNotSetIsNotFound() {
        String user = UniqueIds.next();
        assertThat(first.get(user, FLAG)).isEqualTo(GetSessionFlagResponse.getDefaultInstance());
        assertThat(first.consume(user, FLAG)).isEqualTo(ConsumeSessionFlagResponse.getDefaultInstance());
        assertThat(first.clear(user, FLAG)).isFalse();
    }

    @Test
    void expiredFlagIsNotFound() {
        String user = UniqueIds.next();
        first.set(user, FLAG, "v");
        redis.pexpire(key(user), 1);
        Eventually.within(Duration.ofSeconds(5), "the key expires", () -> !redis.exists(key(user)));
        assertThat(first.get(user, FLAG).getFound()).isFalse();
        assertThat(first.consume(user, FLAG).getConsumed()).isFalse();
    }

    @Test
    void clearedFlagIsNotFoundAndOtherFlagsStay() {
        String user = UniqueIds.next();
        first.set(user, FLAG, "v");
        first.set(user, "other", "w");
        assertThat(second.clear(user, FLAG)).isTrue();
        assertThat(first.clear(user, FLAG)).isFalse();
        assertThat(first.get(user, FLAG).getFound()).isFalse();
        assertThat(first.get(user, "other").getValue()).isEqualTo("w");
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndReplacedBySet() {
        String user = UniqueIds.next();
        redis.hset(key(user), "a", "b");
        redis.pexpire(key(user), 60_000);
        assertRejected(() -> first.get(user, FLAG));
        assertRejected(() -> first.consume(user, FLAG));
        assertRejected(() -> first.consume(user, FLAG, "v"));
        first.set(user, FLAG, "v");
        assertThat(first.get(user, FLAG).getValue()).isEqualTo("v");
    }

    @Test
    void noLogContainsAValue() throws IOException {
        String user = UniqueIds.next();
        String value = "binding-" + UniqueIds.next();
        first.set(user, FLAG, value);
        first.consume(user, FLAG, value + "x");
        StatusAssert.invalidField("value", () -> first.set(user, FLAG, value.repeat(10)));
        first.consume(user, FLAG, value);
        assertThat(servers.logs()).contains("Serving").doesNotContain(value);
    }

    private static void assertRejected(ThrowingCallable call) {
        StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
    }

    private SessionFlagCalls server(int caller) {
        return caller % 2 == 0 ? first : second;
    }

    private static String key(String user) {
        return "session:" + user + ":" + FLAG;
    }
}
