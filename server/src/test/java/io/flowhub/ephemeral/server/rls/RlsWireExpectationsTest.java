package io.flowhub.ephemeral.server.rls;

import static io.flowhub.ephemeral.server.rls.RlsCalls.descriptor;
import static io.flowhub.ephemeral.server.rls.RlsCalls.outcome;
import static io.flowhub.ephemeral.server.rls.RlsCalls.withHits;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UnknownFieldSet;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.RateLimitOverride;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.RateLimit.Unit;
import io.flowhub.ephemeral.envoy.type.v3.RateLimitUnit;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;

/** What a gateway receives, on the wire, as envoyproxy/ratelimit answers. */
@Tag("contract")
@OnSingleAndCluster
class RlsWireExpectationsTest {

    private static final String RULES = """
            domain: edge
            descriptors:
              - {key: second, rate_limit: {unit: second, requests_per_unit: 50}}
              - {key: twenty, rate_limit: {unit: hour, requests_per_unit: 20, name: twenty}}
              - {key: ten, rate_limit: {unit: day, requests_per_unit: 10}}
              - {key: none, rate_limit: {unit: hour, requests_per_unit: 0}}
              - {key: free, rate_limit: {unlimited: true}}
              - {key: shadow, shadow_mode: true, rate_limit: {unit: hour, requests_per_unit: 1}}
              - {key: quota, quota_mode: true, rate_limit: {unit: hour, requests_per_unit: 1}}
              - {key: quota2, quota_mode: true, rate_limit: {unit: hour, requests_per_unit: 2}}
              - {key: replacing, rate_limit: {unit: hour, requests_per_unit: 5, replaces: [{name: twenty}]}}
              - {key: tokens, rate_limit: {unit: hour, requests_per_unit: 2}}
              - {key: file, value: files/*, share_threshold: true, rate_limit: {unit: hour, requests_per_unit: 10}}
              - {key: path, rate_limit: {unit: hour, requests_per_unit: 1}}
              - {key: path, value: /a*, rate_limit: {unit: hour, requests_per_unit: 2}}
              - {key: path, value: /ab, rate_limit: {unit: hour, requests_per_unit: 3}}
            """;

    @Parameter
    private Topology topology;

    private TestServer server;
    private RlsCalls calls;

    @BeforeParameterizedClassInvocation
    void start() throws Exception {
        Path rules = Files.createTempDirectory("rls-rules");
        Files.writeString(rules.resolve("edge.yaml"), RULES);
        server = TestServer.start(topology.yaml() + "\nrls.config: " + rules + "\nrls.response_headers: true");
        calls = new RlsCalls(server.channel(), "edge");
    }

    @AfterParameterizedClassInvocation
    void stop() {
        server.close();
        topology.assertAllExpire();
    }

    @BeforeEach
    void awaitWindow() throws InterruptedException {
        RlsCalls.awaitLongWindow();
    }

    private static String unique() {
        return UniqueIds.next();
    }

    private static List<String> ok(int from, int to) {
        return IntStream.iterate(from, i -> i >= to, i -> i - 1)
                .mapToObj(i -> "OK " + i)
                .toList();
    }

    @Test
    void unknownDomainAndUnmatchedDescriptorPassWithoutALimit() {
        for (RateLimitResponse response : List.of(
                new RlsCalls(server.channel(), "foo").call(descriptor("second", unique())),
                calls.call(descriptor("unmatched", unique())),
                calls.call(descriptor("second", unique(), "deeper", "x")))) {
            assertThat(response.getOverallCode()).isEqualTo(Code.OK);
            assertThat(response.getStatusesList())
                    .containsExactly(
                            DescriptorStatus.newBuilder().setCode(Code.OK).build());
        }
    }

    @Test
    void firstHitOfASecondHasTheLimitWhatRemainsAndTheTimeUntilReset() {
        DescriptorStatus status = calls.status(descriptor("second", unique()));
        assertThat(outcome(status)).isEqualTo("OK 49");
        assertThat(status.getCurrentLimit().getRequestsPerUnit()).isEqualTo(50);
        assertThat(status.getCurrentLimit().getUnit()).isEqualTo(Unit.SECOND);
        assertThat(status.getDurationUntilReset().getSeconds()).isEqualTo(1);
        assertThat(status.getDurationUntilReset().getNanos()).isZero();
    }

    @Test
    void hitsBeyondTheLimitAreOverLimitWithNothingRemaining() {
        List<String> outcomes = calls.outcomes(25, descriptor("twenty", unique()));
        assertThat(outcomes.subList(0, 20)).isEqualTo(ok(19, 0));
        assertThat(outcomes.subList(20, 25)).containsOnly("OVER_LIMIT 0");
    }

    @Test
    void descriptorsAreIndependentAndOneOverLimitDenies() {
        String id = unique();
        for (int i = 0; i < 15; i++) {
            RateLimitResponse response = calls.call(descriptor("twenty", id), descriptor("ten", id));
            assertThat(response.getOverallCode()).isEqualTo(i < 10 ? Code.OK : Code.OVER_LIMIT);
            assertThat(outcome(response.getStatuses(0))).isEqualTo("OK " + (19 - i));
            assertThat(response.getStatuses(1).getCode()).isEqualTo(i < 10 ? Code.OK : Code.OVER_LIMIT);
        }
    }

    @Test
    void timeUntilResetIsThatOfTheAlignedWindowAndFalls() throws Exception {
        RateLimitDescriptor descriptor = descriptor("ten", unique());
        long first = calls.status(descriptor).getDurationUntilReset().getSeconds();
        Thread.sleep(Duration.ofSeconds(2).toMillis());
        assertThat(first - calls.status(descriptor).getDurationUntilReset().getSeconds())
                .isBetween(2L, 4L);
        assertThat(first).isBetween(1L, 86_400L);
    }

    @Test
    void sharedThresholdCountsAllValuesOfAPattern() {
        String prefix = "files/" + unique();
        DescriptorStatus first = calls.status(descriptor("file", prefix + "a"));
        DescriptorStatus second = calls.status(descriptor("file", prefix + "b"));
        assertThat(first.getLimitRemaining() - second.getLimitRemaining()).isEqualTo(1);
        reset("files/*", "rls|edge|file|hour");
    }

    private void reset(String user, String action) {
        var request = ResetRateRequest.newBuilder().setUserId(user).setAction(action);
        assertThat(server.rateLimits().resetRate(request.build()).getRemaining())
                .isZero();
    }

    @Test
    void resetRateOpensAWindowThatIsKnownToBeFull() {
        String id = unique();
        assertThat(calls.outcomes(13, descriptor("ten", id))).endsWith("OVER_LIMIT 0");
        reset(id, "rls|edge|ten|day");
        assertThat(calls.outcomes(2, descriptor("ten", id))).containsExactly("OK 9", "OK 8");
    }

    @Test
    void hitsOfTheRequestAreOneIfZeroAndThoseOfADescriptorWin() {
        String id = unique();
        RateLimitRequest.Builder request =
                RateLimitRequest.newBuilder().setDomain("edge").setHitsAddend(3);
        RateLimitResponse response = calls.call(request.addDescriptors(descriptor("twenty", id))
                .addDescriptors(withHits(0, descriptor("ten", id)))
                .build());
        assertThat(response.getStatusesList()).extracting(RlsCalls::outcome).containsExactly("OK 17", "OK 10");
        assertThat(calls.outcomes(1, descriptor("twenty", id))).containsExactly("OK 16");
        assertThat(outcome(calls.status(withHits(5, descriptor("ten", id))))).isEqualTo("OK 5");
    }

    @Test
    void peekAtExactlyTheLimitPassesAndWritesNothing() {
        String id = unique();
        assertThat(outcome(calls.status(withHits(0, descriptor("ten", id))))).isEqualTo("OK 10");
        assertThat(topology.client().exists("rate:" + id + ":rls|edge|ten|day")).isFalse();
        assertThat(outcome(calls.status(withHits(10, descriptor("ten", id))))).isEqualTo("OK 0");
        assertThat(outcome(calls.status(withHits(0, descriptor("ten", id))))).isEqualTo("OK 0");
    }

    /** The idiom of token quotas: a request peeks, and its response counts what it used. */
    @Test
    void hitsBeyondTheLimitAreCountedSoThatTheNextPeekIsDenied() {
        RateLimitDescriptor one = descriptor("tokens", unique());
        for (int i = 0; i < 3; i++) {
            assertThat(calls.status(withHits(0, one)).getCode()).isEqualTo(Code.OK);
            calls.status(withHits(1, one));
        }
        assertThat(outcome(calls.status(withHits(0, one)))).isEqualTo("OVER_LIMIT 0");
    }

    @Test
    void moreHitsThanRemainAreOverLimitWhateverTheirNumber() {
        String id = unique();
        for (long hits : new long[] {11, 1L << 33, -1}) { // -1: the largest unsigned number
            assertThat(outcome(calls.status(withHits(hits, descriptor("ten", id + Long.toHexString(hits))))))
                    .isEqualTo("OVER_LIMIT 0");
        }
    }

    @Test
    void limitOfZeroDeniesEveryHit() {
        assertThat(calls.outcomes(2, descriptor("none", unique()))).containsOnly("OVER_LIMIT 0");
    }

    @Test
    void unlimitedRulePassesWithoutALimit() {
        assertThat(calls.status(descriptor("free", unique())))
                .isEqualTo(DescriptorStatus.newBuilder()
                        .setCode(Code.OK)
                        .setLimitRemaining(-1)
                        .build());
    }

    @Test
    void shadowRulePassesWithNothingRemaining() {
        assertThat(calls.outcomes(3, descriptor("shadow", unique()))).containsExactly("OK 0", "OK 0", "OK 0");
    }

    @Test
    void quotasDenyOnlyIfAllAreExceeded() {
        String id = unique();
        RateLimitDescriptor[] both = {descriptor("quota", id), descriptor("quota2", id)};
        List<Code> codes = IntStream.range(0, 3)
                .mapToObj(i -> calls.call(both).getOverallCode())
                .toList();
        assertThat(codes).containsExactly(Code.OK, Code.OK, Code.OVER_LIMIT);
        assertThat(calls.call(descriptor("quota", id), descriptor("none", id)).getOverallCode())
                .isEqualTo(Code.OVER_LIMIT);
    }

    @Test
    void replacedRuleIsNotCounted() {
        String id = unique();
        RateLimitResponse response = calls.call(descriptor("twenty", id), descriptor("replacing", id));
        assertThat(response.getStatuses(0))
                .isEqualTo(DescriptorStatus.newBuilder().setCode(Code.OK).build());
        assertThat(outcome(response.getStatuses(1))).isEqualTo("OK 4");
        assertThat(calls.outcomes(1, descriptor("twenty", id))).containsExactly("OK 19");
    }

    @Test
    void mostSpecificRuleApplies() {
        assertThat(List.of("/ab", "/a" + unique(), "/b" + unique()))
                .extracting(path -> calls.status(withHits(0, descriptor("path", path)))
                        .getCurrentLimit()
                        .getRequestsPerUnit())
                .containsExactly(3, 2, 1);
    }

    @Test
    void keysAreCaseSensitive() {
        assertThat(calls.status(descriptor("TEN", unique())).hasCurrentLimit()).isFalse();
    }

    @Test
    void limitOfADescriptorReplacesTheRuleInACounterOfItsOwn() {
        String id = unique();
        assertThat(calls.outcomes(1, descriptor("ten", id))).containsExactly("OK 9");
        RateLimitOverride override = RateLimitOverride.newBuilder()
                .setRequestsPerUnit(3)
                .setUnit(RateLimitUnit.MINUTE)
                .setUnitMultiplier(UInt32Value.of(5))
                .build();
        DescriptorStatus status = calls.status(
                descriptor("ten", id).toBuilder().setLimit(override).build());
        assertThat(outcome(status)).isEqualTo("OK 2");
        assertThat(status.getCurrentLimit().getUnitMultiplier().getValue()).isEqualTo(5);
        assertThat(status.getDurationUntilReset().getSeconds()).isBetween(1L, 300L);
        assertThat(topology.client().exists("rate:" + id + ":rls|edge|ten|5minute"))
                .isTrue();
    }

    @Test
    void negativeHitsGiveBackAndNeverMoreThanWereCounted() {
        RateLimitDescriptor ten = descriptor("ten", unique());
        assertThat(outcome(calls.status(withHits(12, ten)))).isEqualTo("OVER_LIMIT 0");
        RateLimitDescriptor back =
                withHits(5, ten).toBuilder().setIsNegativeHits(true).build();
        assertThat(outcome(calls.status(back))).isEqualTo("OK 3");
        assertThat(outcome(calls.status(withHits(1, ten)))).isEqualTo("OK 2");
        assertThat(outcome(calls.status(
                        withHits(100, back).toBuilder().setIsNegativeHits(true).build())))
                .isEqualTo("OK 10");
        assertThat(outcome(calls.status(withHits(0, ten)))).isEqualTo("OK 10");
    }

    @Test
    void headersAreThoseOfTheLimitThatDeniesElseOfTheOneWithLeast() {
        String id = unique();
        assertThat(headers(calls.call(descriptor("twenty", id), descriptor("ten", id), descriptor("free", id))))
                .startsWith("RateLimit-Limit=10", "RateLimit-Remaining=9");
        assertThat(headers(calls.call(descriptor("ten", id), descriptor("none", id), descriptor("twenty", id))))
                .startsWith("RateLimit-Limit=0", "RateLimit-Remaining=0");
        assertThat(headers(calls.call(descriptor("free", id)))).isEmpty();
    }

    private static List<String> headers(RateLimitResponse response) {
        return response.getResponseHeadersToAddList().stream()
                .map(header -> header.getKey() + "=" + header.getValue())
                .toList();
    }

    @Test
    void badRequestsAreRejectedByField() {
        RateLimitRequest ok = RateLimitRequest.newBuilder()
                .setDomain("edge")
                .addDescriptors(descriptor("ten", "x"))
                .build();
        StatusAssert.invalidField(
                "domain", () -> calls.call(ok.toBuilder().setDomain("").build()));
        StatusAssert.invalidField(
                "descriptors",
                () -> calls.call(ok.toBuilder().clearDescriptors().build()));
        StatusAssert.invalidField(
                "descriptors",
                () -> calls.call(ok.toBuilder()
                        .addAllDescriptors(Collections.nCopies(100, descriptor("a", "b")))
                        .build()));
        StatusAssert.invalidField("descriptors[1].entries", () -> calls.call(descriptor("ten", "x"), descriptor()));
        StatusAssert.invalidField("descriptors[0].entries[1].key", () -> calls.call(descriptor("a", "b", "", "c")));
        StatusAssert.invalidField("descriptors[0].limit.unit", () -> calls.call(override(0, 1)));
        StatusAssert.invalidField("descriptors[0].limit.unit", () -> calls.call(override(99, 1)));
        StatusAssert.invalidField(
                "descriptors[0].limit.unit", () -> calls.call(override(RateLimitUnit.MONTH_VALUE, 1)));
        StatusAssert.invalidField(
                "descriptors[0].limit.unit_multiplier", () -> calls.call(override(RateLimitUnit.HOUR_VALUE, 25)));
        StatusAssert.invalidField(
                "descriptors[0].limit.unit_multiplier", () -> calls.call(override(RateLimitUnit.HOUR_VALUE, 0)));
    }

    private static RateLimitDescriptor override(int unit, int multiplier) {
        return descriptor("ten", "x").toBuilder()
                .setLimit(RateLimitOverride.newBuilder()
                        .setRequestsPerUnit(1)
                        .setUnitMultiplier(UInt32Value.of(multiplier))
                        .setUnknownFields(UnknownFieldSet.newBuilder()
                                .addField(
                                        RateLimitOverride.UNIT_FIELD_NUMBER,
                                        UnknownFieldSet.Field.newBuilder()
                                                .addVarint(unit) // also one that no unit has
                                                .build())
                                .build()))
                .build();
    }

    @Test
    void valueThatIsNotUtf8IsLimitedAsAnyOther() {
        ByteString value = ByteString.copyFromUtf8(unique()).concat(ByteString.copyFrom(new byte[] {(byte) 0xff}));
        RateLimitDescriptor descriptor = RateLimitDescriptor.newBuilder()
                .addEntries(Entry.newBuilder().setKey("path").setValueBytes(value))
                .build();
        assertThat(calls.outcomes(2, descriptor)).containsExactly("OK 0", "OVER_LIMIT 0");
    }

    @Test
    void longValueIsLimitedAsAnyOther() {
        String path = "/" + "ü ".repeat(20_000) + unique();
        assertThat(calls.outcomes(2, descriptor("ten", path))).containsExactly("OK 9", "OK 8");
        assertThat(calls.outcomes(1, descriptor("ten", path + "2"))).containsExactly("OK 9");
    }
}
