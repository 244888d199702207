package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.FeatureFlagCalls.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.data.Index.atIndex;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of feature flags on every topology of Redis. */
@Tag("contract")
@OnSingleAndCluster
class FeatureFlagContractTest extends TwoServersSuite {

    private static final String REJECTED = "ERROR_REASON_REDIS_REJECTED";

    private FeatureFlagCalls flags;

    @BeforeParameterizedClassInvocation
    void connect() {
        flags = new FeatureFlagCalls(servers.first());
    }

    @Test
    void setFlagReturnsItsValueWithOrWithoutADefault() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on", 60, 0);
        assertThat(redis.get(key(user))).isEqualTo("on");
        for (GetFlagResponse response : List.of(flags.get("dark_mode", user), flags.get("dark_mode", user, "off"))) {
            assertThat(response.getValue()).isEqualTo("on");
            assertThat(response.getReason()).isEqualTo(FlagReason.FLAG_REASON_STATIC);
            assertThat(response.getExpiresIn().getSeconds()).isBetween(50L, 60L);
            assertThat(response.getErrorReason()).isEmpty();
        }
    }

    @Test
    void flagThatIsNotSetOrClearedReturnsTheDefault() {
        String user = UniqueIds.next();
        assertThat(flags.get("dark_mode", user, "off")).isEqualTo(FeatureFlagCalls.unset("off"));
        assertThat(flags.get("dark_mode", user, "")).isEqualTo(FeatureFlagCalls.unset(""));
        assertThat(flags.get("dark_mode", user)).isEqualTo(FeatureFlagCalls.unset(""));
        flags.set("dark_mode", user, "on");
        assertThat(flags.clear("dark_mode", user)).isTrue();
        assertThat(flags.clear("dark_mode", user)).isFalse();
        assertThat(flags.get("dark_mode", user, "off")).isEqualTo(FeatureFlagCalls.unset("off"));
    }

    @Test
    void flagExpiresAndReadingDoesNotExtendIt() throws Exception {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        redis.pexpire(key(user), 60_000);
        assertThat(Concurrently.run(32, i -> flags.get("dark_mode", user, "off").getValue()))
                .containsOnly("on");
        assertThat(redis.pttl(key(user))).isBetween(50_000L, 60_000L);
        expire(key(user));
        assertThat(flags.get("dark_mode", user, "off")).isEqualTo(FeatureFlagCalls.unset("off"));
    }

    @Test
    void setReplacesValueAndTtl() {
        String user = UniqueIds.next();
        flags.set("dark_mode", user, "on");
        var set = flags.set("dark_mode", user, "off", 100, 0);
        assertThat(flags.get("dark_mode", user).getValue()).isEqualTo("off");
        assertThat(redis.pttl(key(user))).isBetween(90_000L, 100_000L);
        assertExpiresAt(set.getExpireTime(), key(user));
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

    static List<String> values() {
        return List.of("", "true", "42", "a\0b\n", "ü".repeat(128), "😀".repeat(64), "a".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valueAndDefaultAreReturnedUnchangedAndDefaultTtlIsADay(String value) {
        String user = UniqueIds.next();
        assertThat(flags.get("dark_mode", user, value)).isEqualTo(FeatureFlagCalls.unset(value));
        flags.set("dark_mode", user, value);
        assertThat(flags.get("dark_mode", user, "default").getValue()).isEqualTo(value);
        assertThat(redis.pttl(key(user))).isBetween(86_390_000L, 86_400_000L);
    }

    @Test
    void hundredFlagsAreReturnedInTheOrderOfTheRequest() {
        String user = UniqueIds.next();
        assertThat(flags.getAll(query("f", user, "a"), query("f", user, "b")))
                .as("the same flag twice")
                .containsExactly(FeatureFlagCalls.unset("a"), FeatureFlagCalls.unset("b"));
        List<GetFlagRequest> queries = new ArrayList<>();
        List<Tuple> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            if (i % 3 == 0) {
                flags.set("f" + i, user, "set" + i);
                expected.add(tuple("set" + i, FlagReason.FLAG_REASON_STATIC, true));
            } else {
                expected.add(tuple(i % 3 == 1 ? "" : "default" + i, FlagReason.FLAG_REASON_DEFAULT, false));
            }
            queries.add(i % 3 == 1 ? query("f" + i, user) : query("f" + i, user, "default" + i));
        }
        assertThat(flags.getAll(queries))
                .extracting(GetFlagResponse::getValue, GetFlagResponse::getReason, GetFlagResponse::hasExpiresIn)
                .isEqualTo(expected);
    }

    @Test
    void unreadableFlagReturnsTheDefaultAndTheErrorReason() {
        String user = UniqueIds.next();
        storeHash(key(user));
        flags.set("other", user, "on");
        GetFlagRequest withoutDefault = query("dark_mode", user);
        GetFlagResponse off = FeatureFlagCalls.error("off", REJECTED);
        GetFlagResponse empty = FeatureFlagCalls.error("", REJECTED);
        assertThat(flags.get("dark_mode", user, "off")).isEqualTo(off);
        assertThat(flags.get("dark_mode", user, "")).isEqualTo(empty);
        StatusAssert.rejectedByRedis(() -> flags.get("dark_mode", user));

        assertThat(flags.getAll(withoutDefault, query("other", user), query("dark_mode", user, "off")))
                .contains(empty, atIndex(0))
                .contains(off, atIndex(2))
                .element(1)
                .returns("on", GetFlagResponse::getValue);
        assertThat(flags.getAll(withoutDefault, query("dark_mode", user, "off")))
                .containsExactly(empty, off);
        StatusAssert.rejectedByRedis(() -> flags.getAll(withoutDefault, withoutDefault));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a}", "a b", "nul\0"})
    void invalidIdIsAnErrorEvenWithADefault(String id) {
        GetFlagRequest valid = query("f", "user", "default");
        StatusAssert.invalidField("feature", () -> flags.get(id, "user", "default"));
        StatusAssert.invalidField("user_id", () -> flags.get("f", id, "default"));
        StatusAssert.invalidField("requests[1].feature", () -> flags.getAll(valid, query(id, "user", "default")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ü", "日", "😀"})
    void valuesAndDefaultsAreMeasuredInBytesAndInvalidInputDoesNotChangeTheFlag(String character) {
        String user = UniqueIds.next();
        String value = character.repeat(257);
        flags.set("f", user, "v");
        StatusAssert.invalidField("value", () -> flags.set("f", user, value));
        StatusAssert.invalidField("ttl", () -> flags.set("f", user, "w", 86_401, 0));
        StatusAssert.invalidField("default_value", () -> flags.get("f", user, value));
        StatusAssert.invalidField(
                "requests[1].default_value", () -> flags.getAll(query("f", user), query("f", user, value)));
        assertThat(flags.get("f", user).getValue()).isEqualTo("v");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRejected(int size) {
        List<GetFlagRequest> queries = Collections.nCopies(size, query("f", "user", "default"));
        StatusAssert.invalidField("requests", () -> flags.getAll(queries));
    }

    private static String key(String user) {
        return "flag:dark_mode:" + user;
    }
}
