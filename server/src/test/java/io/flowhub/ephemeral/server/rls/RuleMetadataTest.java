package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class RuleMetadataTest {

    @TempDir
    Path directory;

    private Struct metadata(String fields, String flags) throws Exception {
        RuleTable table = new RuleFolder(directory)
                .load("{domain: edge, descriptors: [{key: a, metadata: " + fields + flags
                        + ", rate_limit: {unit: day, requests_per_unit: 1}}]}");
        return Objects.requireNonNull(RuleFolder.match(table, "edge", "a", "1"))
                .rule()
                .metadata();
    }

    @Test
    void typesOfYamlAreKept() throws Exception {
        Struct.Builder parsed = Struct.newBuilder();
        JsonFormat.parser().merge("""
                        {"s": {"name": "service_1"}, "l": [1, -2.5, 1e3, true, false, null, "x", "1", "010", true, "yes"],
                         "empty": {}, "5": ""}
                        """, parsed);
        assertThat(metadata(
                        "{s: {name: service_1}, l: [1, -2.5, 1e3, true, False, ~, x, '1', 010, yes, 'yes'], empty: {}, 5: ''}",
                        ""))
                .isEqualTo(parsed.build());
    }

    /** envoyproxy/ratelimit loses it with both. */
    @ParameterizedTest
    @ValueSource(strings = {"detailed_metric", "value_to_metric"})
    void metadataIsKeptWithEveryKindOfMetric(String flag) throws Exception {
        assertThat(metadata("{name: service_1}", ", " + flag + ": true")
                        .getFieldsOrThrow("name")
                        .getStringValue())
                .isEqualTo("service_1");
    }

    @Test
    void missingMetadataIsEmpty() throws Exception {
        assertThat(metadata("~", "")).isEqualTo(Struct.getDefaultInstance());
    }
}
