package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.FeatureFlagCalls.question;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of feature flags on any Redis. */
@OnSingleAndCluster
class FeatureFlagContractTest extends TwoServersSuite {

    private static final String REFUSED = "ERROR_REASON_REDIS_REJECTED";

    private FeatureFlagCalls flags;

    @BeforeParameterizedClassInvocation
    void connect() {
        flags = FeatureFlagCalls.on(servers.first());
    }

    @Test
    void setFlagIsStaticWithOrWithoutADefault() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on", 60, 0);
        assertThat(redis.get(key(user))).isEqualTo("on");
        for (GetFlagRequest question : List.of(question("dark_mode", user), question("dark_mode", user, "off"))) {
            GetFlagResponse answer = flags.get(question);
            assertThat(answer.getValue()).isEqualTo("on");
            assertThat(answer.getReason()).isEqualTo(FlagReason.FLAG_REASON_STATIC);
            assertThat(answer.getExpiresIn().getSeconds()).isBetween(50L, 60L);
            assertThat(answer.getErrorReason()).isEmpty();
        }
    }

    @Test
    void unsetFlagIsTheDefault() {
        String user = UniqueIds.next();
        assertThat(flags.get(question("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.unset("off"));
        assertThat(flags.get(question("dark_mode", user, ""))).isEqualTo(FeatureFlagCalls.unset(""));
        assertThat(flags.get(question("dark_mode", user))).isEqualTo(FeatureFlagCalls.unset(""));
    }

    @Test
    void flagExpiresAndReadingDoesNotExtendIt() throws Exception {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        redis.pexpire(key(user), 60_000);
        assertThat(Concurrently.run(
                        32, i -> flags.get(question("dark_mode", user, "off")).getValue()))
                .containsOnly("on");
        assertThat(redis.pttl(key(user))).isBetween(50_000L, 60_000L);
        redis.pexpire(key(user), 1);
        Eventually.within(Duration.ofSeconds(5), "the key expires", () -> !redis.exists(key(user)));
        assertThat(flags.get(question("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.unset("off"));
    }

    @Test
    void settingAgainReplacesValueAndTimeToLive() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        Timestamp end = flags.set("dark_mode", user, "off", 100, 0).getExpireTime();
        assertThat(flags.get(question("dark_mode", user)).getValue()).isEqualTo("off");
        assertThat(redis.pttl(key(user))).isBetween(90_000L, 100_000L);
        assertThat(Math.abs(end.getSeconds() * 1000 + end.getNanos() / 1_000_000 - redis.pexpireTime(key(user))))
                .as("ms between what was told and what is")
                .isLessThanOrEqualTo(50);
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "1, 500000000", "86399, 999999999", "86400, 0"})
    void timeToLiveMayBeOneSecondToADay(long seconds, int nanos) {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on", seconds, nanos);
        assertThat(redis.pttl(key(user))).isBetween(seconds * 1000 - 10_000, seconds * 1000 + nanos / 1_000_000);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 999999999", "-1, 0", "86400, 1", "1, -1", "1, 1000000000"})
    void otherTimesToLiveAreRejected(long seconds, int nanos) {
        String user = UniqueIds.next();
        StatusAssert.invalidField("ttl", () -> flags.set("dark_mode", user, "on", seconds, nanos));
        assertThat(redis.exists(key(user))).isFalse();
    }

    @Test
    void withoutATimeToLiveItIsADay() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        assertThat(redis.pttl(key(user))).isBetween(86_390_000L, 86_400_000L);
    }

    static List<String> values() {
        return List.of("", "true", "42", "a\0b\n", "ü".repeat(128), "😀".repeat(64), "a".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueAndDefaultComeBackAsTheyWere(String value) {
        String user = UniqueIds.next();
        assertThat(flags.get(question("f", user, value))).isEqualTo(FeatureFlagCalls.unset(value));
        flags.set("f", user, value);
        assertThat(flags.get(question("f", user, "default")).getValue()).isEqualTo(value);
    }

    @Test
    void clearedFlagIsTheDefaultAgain() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        assertThat(flags.clear("dark_mode", user)).isTrue();
        assertThat(flags.clear("dark_mode", user)).isFalse();
        assertThat(flags.get(question("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.unset("off"));
    }

    @Test
    void flagThatCannotBeReadIsTheDefaultWithTheReason() {
        String user = withAKeyOfAnotherType();
        assertThat(flags.get(question("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.error("off", REFUSED));
        assertThat(flags.get(question("dark_mode", user, ""))).isEqualTo(FeatureFlagCalls.error("", REFUSED));
        StatusAssert.hasStatus(Code.FAILED_PRECONDITION, REFUSED, () -> flags.get(question("dark_mode", user)));
    }

    @Test
    void hundredFlagsComeInTheOrderTheyWereAskedFor() {
        String user = UniqueIds.next();
        List<GetFlagRequest> questions = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            if (i % 3 == 0) {
                flags.set("f" + i, user, "set" + i);
            }
            questions.add(i % 3 == 1 ? question("f" + i, user) : question("f" + i, user, "default" + i));
            values.add(i % 3 == 0 ? "set" + i : i % 3 == 1 ? "" : "default" + i);
        }
        List<GetFlagResponse> answers = flags.getAll(questions);
        assertThat(answers).extracting(GetFlagResponse::getValue).isEqualTo(values);
        for (int i = 0; i < 100; i++) {
            assertThat(answers.get(i).getReason())
                    .isEqualTo(i % 3 == 0 ? FlagReason.FLAG_REASON_STATIC : FlagReason.FLAG_REASON_DEFAULT);
            assertThat(answers.get(i).hasExpiresIn()).isEqualTo(i % 3 == 0);
        }
    }

    @Test
    void sameFlagMayBeAskedForTwice() {
        String user = UniqueIds.next();
        assertThat(flags.getAll(List.of(question("f", user, "a"), question("f", user, "b"))))
                .containsExactly(FeatureFlagCalls.unset("a"), FeatureFlagCalls.unset("b"));
    }

    @Test
    void flagThatCannotBeReadLeavesTheOthersAlone() {
        String user = withAKeyOfAnotherType();
        flags.set("other", user, "on");
        List<GetFlagResponse> answers = flags.getAll(
                List.of(question("dark_mode", user), question("other", user), question("dark_mode", user, "off")));
        assertThat(answers.get(0)).isEqualTo(FeatureFlagCalls.error("", REFUSED));
        assertThat(answers.get(1).getValue()).isEqualTo("on");
        assertThat(answers.get(2)).isEqualTo(FeatureFlagCalls.error("off", REFUSED));
    }

    @Test
    void batchFailsOnlyIfNoneCanBeReadAndNoneHasADefault() {
        String user = withAKeyOfAnotherType();
        GetFlagRequest bare = question("dark_mode", user);
        StatusAssert.hasStatus(Code.FAILED_PRECONDITION, REFUSED, () -> flags.getAll(List.of(bare, bare)));
        assertThat(flags.getAll(List.of(bare, question("dark_mode", user, "off"))))
                .containsExactly(FeatureFlagCalls.error("", REFUSED), FeatureFlagCalls.error("off", REFUSED));
    }

    private String withAKeyOfAnotherType() {
        String user = UniqueIds.next();
        redis.hset(key(user), "a", "b");
        redis.pexpire(key(user), 60_000);
        return user;
    }

    private static String key(String user) {
        return "flag:dark_mode:" + user;
    }
}
