package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.FeatureFlagCalls.query;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of feature flags on every topology of Redis. */
@Tag("contract")
@OnSingleAndCluster
class FeatureFlagContractTest extends TwoServersSuite {

    private static final String REJECTED = "ERROR_REASON_REDIS_REJECTED";

    private FeatureFlagCalls flags;

    @BeforeParameterizedClassInvocation
    void connect() {
        flags = FeatureFlagCalls.on(servers.first());
    }

    @Test
    void setFlagReturnsItsValueWithOrWithoutADefault() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on", 60, 0);
        assertThat(redis.get(key(user))).isEqualTo("on");
        for (GetFlagRequest query : List.of(query("dark_mode", user), query("dark_mode", user, "off"))) {
            GetFlagResponse response = flags.get(query);
            assertThat(response.getValue()).isEqualTo("on");
            assertThat(response.getReason()).isEqualTo(FlagReason.FLAG_REASON_STATIC);
            assertThat(response.getExpiresIn().getSeconds()).isBetween(50L, 60L);
            assertThat(response.getErrorReason()).isEmpty();
        }
    }

    @Test
    void unsetFlagReturnsTheDefault() {
        String user = UniqueIds.next();
        assertThat(flags.get(query("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.unset("off"));
        assertThat(flags.get(query("dark_mode", user, ""))).isEqualTo(FeatureFlagCalls.unset(""));
        assertThat(flags.get(query("dark_mode", user))).isEqualTo(FeatureFlagCalls.unset(""));
    }

    @Test
    void flagExpiresAndReadingDoesNotExtendIt() throws Exception {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        redis.pexpire(key(user), 60_000);
        assertThat(Concurrently.run(
                        32, i -> flags.get(query("dark_mode", user, "off")).getValue()))
                .containsOnly("on");
        assertThat(redis.pttl(key(user))).isBetween(50_000L, 60_000L);
        redis.pexpire(key(user), 1);
        Eventually.within(Duration.ofSeconds(5), "the key expires", () -> !redis.exists(key(user)));
        assertThat(flags.get(query("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.unset("off"));
    }

    @Test
    void setReplacesValueAndTtl() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        Timestamp expireTime = flags.set("dark_mode", user, "off", 100, 0).getExpireTime();
        assertThat(flags.get(query("dark_mode", user)).getValue()).isEqualTo("off");
        assertThat(redis.pttl(key(user))).isBetween(90_000L, 100_000L);
        assertThat(Math.abs(expireTime.getSeconds() * 1000
                        + expireTime.getNanos() / 1_000_000
                        - redis.pexpireTime(key(user))))
                .as("ms between the returned and the actual expire time")
                .isLessThanOrEqualTo(50);
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "1, 500000000", "86399, 999999999", "86400, 0"})
    void ttlMayBeOneSecondToADay(long seconds, int nanos) {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on", seconds, nanos);
        assertThat(redis.pttl(key(user))).isBetween(seconds * 1000 - 10_000, seconds * 1000 + nanos / 1_000_000);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 999999999", "-1, 0", "86400, 1", "1, -1", "1, 1000000000"})
    void otherTtlsAreRejected(long seconds, int nanos) {
        String user = UniqueIds.next();
        StatusAssert.invalidField("ttl", () -> flags.set("dark_mode", user, "on", seconds, nanos));
        assertThat(redis.exists(key(user))).isFalse();
    }

    @Test
    void defaultTtlIsADay() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        assertThat(redis.pttl(key(user))).isBetween(86_390_000L, 86_400_000L);
    }

    static List<String> values() {
        return List.of("", "true", "42", "a\0b\n", "ü".repeat(128), "😀".repeat(64), "a".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueAndDefaultAreReturnedUnchanged(String value) {
        String user = UniqueIds.next();
        assertThat(flags.get(query("f", user, value))).isEqualTo(FeatureFlagCalls.unset(value));
        flags.set("f", user, value);
        assertThat(flags.get(query("f", user, "default")).getValue()).isEqualTo(value);
    }

    @Test
    void clearedFlagReturnsTheDefault() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        assertThat(flags.clear("dark_mode", user)).isTrue();
        assertThat(flags.clear("dark_mode", user)).isFalse();
        assertThat(flags.get(query("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.unset("off"));
    }

    @Test
    void unreadableFlagReturnsTheDefaultAndTheErrorReason() {
        String user = userWithKeyOfAnotherType();
        assertThat(flags.get(query("dark_mode", user, "off"))).isEqualTo(FeatureFlagCalls.error("off", REJECTED));
        assertThat(flags.get(query("dark_mode", user, ""))).isEqualTo(FeatureFlagCalls.error("", REJECTED));
        StatusAssert.hasStatus(Code.FAILED_PRECONDITION, REJECTED, () -> flags.get(query("dark_mode", user)));
    }

    @Test
    void hundredFlagsAreReturnedInTheOrderOfTheRequest() {
        String user = UniqueIds.next();
        List<GetFlagRequest> queries = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            if (i % 3 == 0) {
                flags.set("f" + i, user, "set" + i);
            }
            queries.add(i % 3 == 1 ? query("f" + i, user) : query("f" + i, user, "default" + i));
            values.add(i % 3 == 0 ? "set" + i : i % 3 == 1 ? "" : "default" + i);
        }
        List<GetFlagResponse> responses = flags.getAll(queries);
        assertThat(responses).extracting(GetFlagResponse::getValue).isEqualTo(values);
        for (int i = 0; i < 100; i++) {
            assertThat(responses.get(i).getReason())
                    .isEqualTo(i % 3 == 0 ? FlagReason.FLAG_REASON_STATIC : FlagReason.FLAG_REASON_DEFAULT);
            assertThat(responses.get(i).hasExpiresIn()).isEqualTo(i % 3 == 0);
        }
    }

    @Test
    void sameFlagMayBeRequestedTwice() {
        String user = UniqueIds.next();
        assertThat(flags.getAll(List.of(query("f", user, "a"), query("f", user, "b"))))
                .containsExactly(FeatureFlagCalls.unset("a"), FeatureFlagCalls.unset("b"));
    }

    @Test
    void unreadableFlagDoesNotFailTheOthersOfABatch() {
        String user = userWithKeyOfAnotherType();
        flags.set("other", user, "on");
        List<GetFlagResponse> responses =
                flags.getAll(List.of(query("dark_mode", user), query("other", user), query("dark_mode", user, "off")));
        assertThat(responses.get(0)).isEqualTo(FeatureFlagCalls.error("", REJECTED));
        assertThat(responses.get(1).getValue()).isEqualTo("on");
        assertThat(responses.get(2)).isEqualTo(FeatureFlagCalls.error("off", REJECTED));
    }

    @Test
    void batchFailsOnlyIfNoFlagCanBeReadAndNoneHasADefault() {
        String user = userWithKeyOfAnotherType();
        GetFlagRequest withoutDefault = query("dark_mode", user);
        StatusAssert.hasStatus(
                Code.FAILED_PRECONDITION, REJECTED, () -> flags.getAll(List.of(withoutDefault, withoutDefault)));
        assertThat(flags.getAll(List.of(withoutDefault, query("dark_mode", user, "off"))))
                .containsExactly(FeatureFlagCalls.error("", REJECTED), FeatureFlagCalls.error("off", REJECTED));
    }

    private String userWithKeyOfAnotherType() {
        String user = UniqueIds.next();
        redis.hset(key(user), "a", "b");
        redis.pexpire(key(user), 60_000);
        return user;
    }

    private static String key(String user) {
        return "flag:dark_mode:" + user;
    }
}
