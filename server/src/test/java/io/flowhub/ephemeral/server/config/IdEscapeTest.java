package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The server accepts what the clients make of any text: {@code client/conformance/ids.json}. */
@Tag("unit")
class IdEscapeTest {

    private static final Path VECTORS = Path.of("../client/conformance/ids.json");

    @Test
    void everyEscapedIdIsAccepted() throws IOException {
        assertThat(list("escape")).isNotEmpty().allSatisfy(vector -> {
            String id = vector.getStructValue().getFieldsOrThrow("id").getStringValue();
            assertThat(IdRule.violationOf(id)).as(id).isNull();
        });
    }

    @Test
    void tableHasEveryCodePointThatTheServerRejects() throws IOException {
        List<int[]> ranges = list("escaped").stream().map(IdEscapeTest::range).toList();

        assertThat(IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                        .filter(c -> Character.getType(c) != Character.SURROGATE)
                        .filter(c -> IdRule.violationOf(Character.toString(c)) != null)
                        .filter(c -> ranges.stream().noneMatch(range -> range[0] <= c && c <= range[1]))
                        .mapToObj(Integer::toHexString))
                .isEmpty();
    }

    private static int[] range(Value fromAndTo) {
        ListValue bounds = fromAndTo.getListValue();
        return new int[] {hex(bounds.getValues(0)), hex(bounds.getValues(1))};
    }

    private static int hex(Value value) {
        return Integer.parseInt(value.getStringValue(), 16);
    }

    private static List<Value> list(String name) throws IOException {
        Struct.Builder vectors = Struct.newBuilder();
        JsonFormat.parser().merge(Files.readString(VECTORS), vectors);
        return vectors.getFieldsOrThrow(name).getListValue().getValuesList();
    }
}
