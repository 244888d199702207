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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of session flags on any Redis, over two servers in processes of their own. */
@OnSingleAndCluster
class SessionFlagContractTest extends TwoServersSuite {

    private static final int RUNNERS = 32;
    private static final int ROUNDS = 10;
    private static final String FLAG = "otp_valid";

    private SessionFlagCalls flags;
    private SessionFlagCalls elsewhere;

    @BeforeParameterizedClassInvocation
    void connect() {
        flags = SessionFlagCalls.on(servers.first());
        elsewhere = SessionFlagCalls.on(servers.second());
    }

    @Test
    void flagAlwaysHasItsTimeToLiveHoweverManySetIt() throws Exception {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "0");
        List<Boolean> fine = Concurrently.run(RUNNERS, i -> {
            for (int n = 0; n < 30; n++) {
                if (i < RUNNERS / 2) {
                    server(i).set(user, FLAG, "v" + n, i % 4 < 2 ? 300 : 1800, 0);
                } else if (redis.pttl(key(user)) <= 0) {
                    return false;
                }
            }
            return true;
        });
        assertThat(fine).containsOnly(true);
    }

    @Test
    void settingAgainReplacesValueAndTimeToLive() {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "first", 1800, 0);
        assertThat(redis.get(key(user))).isEqualTo("first");
        assertThat(redis.pttl(key(user))).isBetween(1_790_000L, 1_800_000L);
        Timestamp end = elsewhere.set(user, FLAG, "second", 301, 500_000_000).getExpireTime();
        assertThat(redis.get(key(user))).isEqualTo("second");
        assertThat(redis.pttl(key(user))).isBetween(291_500L, 301_500L);
        assertThat(Math.abs(end.getSeconds() * 1000 + end.getNanos() / 1_000_000 - redis.pexpireTime(key(user))))
                .as("ms between what was told and what is")
                .isLessThanOrEqualTo(50);
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesOnTwoServersGetsTheFlag() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            flags.set(user, FLAG, "v");
            assertThat(Concurrently.run(RUNNERS, i -> server(i).consume(user, FLAG)))
                    .filteredOn(ConsumeSessionFlagResponse::getConsumed)
                    .extracting(ConsumeSessionFlagResponse::getValue)
                    .containsExactly("v");
            assertThat(flags.get(user, FLAG).getFound()).isFalse();
        }
    }

    @Test
    void exactlyOneOf32ConcurrentConsumesWithTheExpectedValueWins() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            flags.set(user, FLAG, "v");
            assertThat(Concurrently.run(RUNNERS, i -> server(i).consume(user, FLAG, "v")))
                    .filteredOn(ConsumeSessionFlagResponse::getConsumed)
                    .hasSize(1);
        }
    }

    @Test
    void flagOfOneSessionDoesNotSatisfyAnother() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String user = UniqueIds.next();
            flags.set(user, FLAG, "session-a");
            List<ConsumeSessionFlagResponse> others =
                    Concurrently.run(RUNNERS, i -> server(i).consume(user, FLAG, "session-b" + i));
            assertThat(others)
                    .allMatch(other -> !other.getConsumed() && other.getValue().isEmpty());
            List<ConsumeSessionFlagResponse> all = Concurrently.run(
                    RUNNERS, i -> server(i).consume(user, FLAG, i % 4 < 2 ? "session-a" : "session-b"));
            for (int i = 0; i < RUNNERS; i++) {
                assertThat(all.get(i).getConsumed() && i % 4 >= 2).isFalse();
            }
            assertThat(all).filteredOn(ConsumeSessionFlagResponse::getConsumed).hasSize(1);
        }
    }

    @Test
    void emptyExpectedValueIsNotAnyValue() {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "v");
        assertThat(flags.consume(user, FLAG, "").getConsumed()).isFalse();
        assertThat(flags.get(user, FLAG).getFound()).isTrue();
        flags.set(user, FLAG, "");
        assertThat(flags.consume(user, FLAG, "v").getConsumed()).isFalse();
        assertThat(flags.consume(user, FLAG, "").getConsumed()).isTrue();
    }

    @Test
    void readingDoesNotExtend() throws Exception {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "v");
        redis.pexpire(key(user), 60_000);
        List<GetSessionFlagResponse> read =
                Concurrently.run(RUNNERS, i -> server(i).get(user, FLAG));
        assertThat(read).allMatch(one -> one.getFound() && one.getValue().equals("v"));
        assertThat(read).allMatch(one -> one.getExpiresIn().getSeconds() < 61);
        flags.consume(user, FLAG, "another");
        assertThat(redis.pttl(key(user))).isBetween(50_000L, 60_000L);
    }

    @ParameterizedTest
    @CsvSource({"300, 0", "300, 1000000", "1799, 999999999", "1800, 0"})
    void timeToLiveMayBeFiveToThirtyMinutes(long seconds, int nanos) {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "v", seconds, nanos);
        assertThat(redis.pttl(key(user))).isBetween(seconds * 1000 - 10_000, seconds * 1000 + nanos / 1_000_000);
    }

    @ParameterizedTest
    @CsvSource({"299, 999999999", "0, 0", "-300, 0", "1800, 1", "86400, 0", "300, -1", "300, 1000000000"})
    void otherTimesToLiveAreRejected(long seconds, int nanos) {
        String user = UniqueIds.next();
        StatusAssert.invalidField("ttl", () -> flags.set(user, FLAG, "v", seconds, nanos));
        assertThat(redis.exists(key(user))).isFalse();
    }

    @Test
    void withoutATimeToLiveItIsFiveMinutes() {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "v");
        assertThat(redis.pttl(key(user))).isBetween(290_000L, 300_000L);
    }

    static List<String> values() {
        return List.of("", "0", "1", "v", "true", "a\0b\n", "ü".repeat(128), "😀".repeat(64), "a".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueComesBackAsItWas(String value) {
        String user = UniqueIds.next();
        flags.set(user, "f", value);
        GetSessionFlagResponse read = elsewhere.get(user, "f");
        assertThat(read.getFound()).isTrue();
        assertThat(read.getValue()).isEqualTo(value);
        assertThat(read.getExpiresIn().getSeconds()).isBetween(290L, 300L);
        ConsumeSessionFlagResponse taken = flags.consume(user, "f", value);
        assertThat(taken.getConsumed()).isTrue();
        assertThat(taken.getValue()).isEqualTo(value);
    }

    @Test
    void flagThatIsNotSetIsNotFound() {
        String user = UniqueIds.next();
        assertThat(flags.get(user, FLAG)).isEqualTo(GetSessionFlagResponse.getDefaultInstance());
        assertThat(flags.consume(user, FLAG)).isEqualTo(ConsumeSessionFlagResponse.getDefaultInstance());
        assertThat(flags.clear(user, FLAG)).isFalse();
    }

    @Test
    void flagEndsByItself() {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "v");
        redis.pexpire(key(user), 1);
        Eventually.within(Duration.ofSeconds(5), "the key expires", () -> !redis.exists(key(user)));
        assertThat(flags.get(user, FLAG).getFound()).isFalse();
        assertThat(flags.consume(user, FLAG).getConsumed()).isFalse();
    }

    @Test
    void clearedFlagIsNotFoundAndTheOthersStay() {
        String user = UniqueIds.next();
        flags.set(user, FLAG, "v");
        flags.set(user, "other", "w");
        assertThat(elsewhere.clear(user, FLAG)).isTrue();
        assertThat(flags.clear(user, FLAG)).isFalse();
        assertThat(flags.get(user, FLAG).getFound()).isFalse();
        assertThat(flags.get(user, "other").getValue()).isEqualTo("w");
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndReplacedBySetting() {
        String user = UniqueIds.next();
        redis.hset(key(user), "a", "b");
        redis.pexpire(key(user), 60_000);
        refused(() -> flags.get(user, FLAG));
        refused(() -> flags.consume(user, FLAG));
        refused(() -> flags.consume(user, FLAG, "v"));
        flags.set(user, FLAG, "v");
        assertThat(flags.get(user, FLAG).getValue()).isEqualTo("v");
    }

    @Test
    void noValueIsInALog() throws IOException {
        String user = UniqueIds.next();
        String value = "binding-" + UniqueIds.next();
        flags.set(user, FLAG, value);
        flags.consume(user, FLAG, value + "x");
        StatusAssert.invalidField("value", () -> flags.set(user, FLAG, value.repeat(10)));
        flags.consume(user, FLAG, value);
        assertThat(servers.logs()).contains("Serving").doesNotContain(value);
    }

    private static void refused(ThrowingCallable call) {
        StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
    }

    private SessionFlagCalls server(int runner) {
        return runner % 2 == 0 ? flags : elsewhere;
    }

    private static String key(String user) {
        return "session:" + user + ":" + FLAG;
    }
}
