package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The escape of all clients: {@code client/conformance/ids.json}. */
@Tag("unit")
class EphemeralIdsTest {

    private static final JsonObject VECTORS = read(Path.of("../conformance/ids.json"));

    @Test
    void everyTextHasTheIdOfTheVectors() {
        texts("escape").forEach((text, id) -> {
            assertThat(EphemeralIds.escape(text)).isEqualTo(id);
            assertThat(EphemeralIds.unescape(id)).isEqualTo(text);
        });
        texts("unescape")
                .forEach((text, id) -> assertThat(EphemeralIds.unescape(id)).isEqualTo(text));
    }

    @Test
    void whatHasNoIdOrNoTextIsRejected() {
        assertThat(strings("escape_errors"))
                .isNotEmpty()
                .allSatisfy(text -> assertThatIllegalArgumentException().isThrownBy(() -> EphemeralIds.escape(text)));
        assertThat(strings("unescape_errors"))
                .isNotEmpty()
                .allSatisfy(id -> assertThatIllegalArgumentException().isThrownBy(() -> EphemeralIds.unescape(id)));
    }

    @Test
    void exactlyTheCharactersOfTheTableAreEscaped() {
        BitSet expected = new BitSet();
        for (JsonElement range : VECTORS.getAsJsonArray("escaped")) {
            JsonArray bounds = range.getAsJsonArray();
            expected.set(codePoint(bounds.get(0)), codePoint(bounds.get(1)) + 1);
        }
        BitSet escaped = new BitSet();
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(c -> Character.getType(c) != Character.SURROGATE)
                .filter(c -> !EphemeralIds.escape(Character.toString(c)).equals(Character.toString(c)))
                .forEach(escaped::set);

        assertThat(escaped).isEqualTo(expected);
    }

    private static int codePoint(JsonElement hex) {
        return Integer.parseInt(hex.getAsString(), 16);
    }

    private static Map<String, String> texts(String name) {
        return vectors(name)
                .map(JsonElement::getAsJsonObject)
                .collect(Collectors.toMap(
                        vector -> vector.get("text").getAsString(),
                        vector -> vector.get("id").getAsString()));
    }

    private static List<String> strings(String name) {
        return vectors(name).map(JsonElement::getAsString).toList();
    }

    private static Stream<JsonElement> vectors(String name) {
        return StreamSupport.stream(VECTORS.getAsJsonArray(name).spliterator(), false);
    }

    private static JsonObject read(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
