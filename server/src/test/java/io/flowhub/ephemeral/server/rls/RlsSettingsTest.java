package io.flowhub.ephemeral.server.rls;

import static io.flowhub.ephemeral.server.rls.RlsCalls.descriptor;
import static io.flowhub.ephemeral.server.rls.RlsCalls.outcome;
import static io.flowhub.ephemeral.server.rls.RlsCalls.withHits;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.RateLimit;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** What a gateway receives, on the wire, with the settings that are off by default, and after a change of the rules. */
@Tag("contract")
class RlsSettingsTest {

    private static final String RULES = """
            domain: edge
            descriptors:
              - {key: one, metadata: {tier: gold, first: 1}, rate_limit: {unit: hour, requests_per_unit: 1}}
              - {key: other, metadata: {tier: silver, second: 2}, rate_limit: {unit: hour, requests_per_unit: 9}}
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void awaitWindow() throws InterruptedException {
        RlsCalls.awaitLongWindow();
    }

    private TestServer server(String rules, String... settings) {
        new RuleFolder(folder).write("rules.yaml", rules);
        return TestServer.withRedis("rls.config: " + folder, String.join("\n", settings));
    }

    @Test
    void globalShadowModePassesEveryRequestAndStatusesStay() {
        try (TestServer server = server(RULES, "rls.shadow_mode: true")) {
            RlsCalls calls = new RlsCalls(server.channel(), "edge");
            String id = UniqueIds.next();
            assertThat(calls.outcomes(2, descriptor("one", id))).containsExactly("OK 0", "OVER_LIMIT 0");
            assertThat(calls.call(descriptor("one", id)).getOverallCode()).isEqualTo(Code.OK);
        }
    }

    @Test
    void globalQuotaModeDeniesOnlyIfAllLimitsAreExceeded() {
        try (TestServer server = server(RULES, "rls.quota_mode: true")) {
            RlsCalls calls = new RlsCalls(server.channel(), "edge");
            String id = UniqueIds.next();
            calls.call(descriptor("one", id));
            RateLimitResponse response = calls.call(descriptor("one", id), descriptor("other", id));
            assertThat(response.getStatusesList().stream().map(RlsCalls::outcome))
                    .containsExactly("OVER_LIMIT 0", "OK 8");
            assertThat(response.getOverallCode()).isEqualTo(Code.OK);
            assertThat(calls.call(descriptor("one", id)).getOverallCode()).isEqualTo(Code.OVER_LIMIT);
        }
    }

    @Test
    void dynamicMetadataHasTheRequestAndTheMetadataOfThePassedRules() {
        try (TestServer server = server(RULES, "rls.dynamic_metadata: true")) {
            RlsCalls calls = new RlsCalls(server.channel(), "edge");
            String id = UniqueIds.next();
            RateLimitRequest request = RateLimitRequest.newBuilder()
                    .setDomain("edge")
                    .setHitsAddend(1)
                    .addDescriptors(descriptor("one", id))
                    .addDescriptors(withHits(2, descriptor("other", id)))
                    .build();
            Struct first = calls.call(request).getDynamicMetadata();
            assertThat(first.getFieldsOrThrow("domain").getStringValue()).isEqualTo("edge");
            assertThat(first.getFieldsOrThrow("hitsAddend").getNumberValue()).isEqualTo(1);
            assertThat(first.getFieldsOrThrow("descriptors").getListValue().getValuesList().stream()
                            .map(RlsSettingsTest::entries))
                    .containsExactly("one=" + id, "other=" + id);
            Struct passed = first.getFieldsOrThrow("metadata").getStructValue();
            assertThat(passed.getFieldsMap().keySet()).containsExactlyInAnyOrder("tier", "first", "second");
            assertThat(passed.getFieldsOrThrow("tier").getStringValue())
                    .as("of two values the first")
                    .isEqualTo("gold");
            Struct second = calls.call(request)
                    .getDynamicMetadata()
                    .getFieldsOrThrow("metadata")
                    .getStructValue();
            assertThat(second.getFieldsMap().keySet())
                    .as("without those of the denied rule")
                    .containsExactlyInAnyOrder("tier", "second");
        }
    }

    private static String entries(Value descriptor) {
        return descriptor
                .getStructValue()
                .getFieldsOrThrow("entries")
                .getListValue()
                .getValues(0)
                .getStringValue();
    }

    @ParameterizedTest
    @CsvSource({"WEEK, 7", "MONTH, 30", "YEAR, 365"})
    void longUnitsAreServedIfTheSettingAllowsThem(RateLimit.Unit expected, int days) {
        String unit = expected.name().toLowerCase(Locale.ROOT);
        String rules =
                "domain: edge\ndescriptors: [{key: k, rate_limit: {unit: " + unit + ", requests_per_unit: 3}}]\n";
        try (TestServer server = server(rules, "rls.longest_unit: year");
                Jedis redis = server.redis().jedis()) {
            DescriptorStatus status = new RlsCalls(server.channel(), "edge").status(descriptor("k", "v"));
            assertThat(outcome(status)).isEqualTo("OK 2");
            assertThat(status.getCurrentLimit().getUnit()).isEqualTo(expected);
            long left = status.getDurationUntilReset().getSeconds();
            assertThat(left).isBetween(1L, Duration.ofDays(days).toSeconds());
            assertThat(redis.ttl("rate:v:rls|edge|k|" + unit)).isBetween(left - 5, left);
        }
    }

    @Test
    void changedRulesAreServedWithoutARestart() {
        try (TestServer server = server(RULES)) {
            RlsCalls added = new RlsCalls(server.channel(), "added");
            assertThat(added.status(descriptor("one", UniqueIds.next())).hasCurrentLimit())
                    .isFalse();
            new RuleFolder(folder).write("added.yaml", RULES.replace("domain: edge", "domain: added"));
            Eventually.within(
                    Duration.ofSeconds(10),
                    "the new domain is served",
                    () -> added.status(descriptor("one", UniqueIds.next())).hasCurrentLimit());
            new RuleFolder(folder).write("rules.yaml", RULES.replace("requests_per_unit: 1}", "requests_per_unit: 7}"));
            RlsCalls calls = new RlsCalls(server.channel(), "edge");
            Eventually.within(
                    Duration.ofSeconds(10),
                    "the new limit is in force",
                    () -> calls.status(descriptor("one", UniqueIds.next())).getLimitRemaining() == 6);
        }
    }
}
