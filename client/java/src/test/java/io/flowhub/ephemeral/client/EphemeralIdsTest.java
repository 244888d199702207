package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class EphemeralIdsTest {

    @ParameterizedTest
    @CsvSource({
        "alice@example.com, alice@example.com",
        "user:123, user%3A123",
        "2001:db8::1, 2001%3Adb8%3A%3A1",
        "100%, 100%25",
        "'{a b}\t', %7Ba%20b%7D%09",
        "zoë 🙂\u200b, zoë%20🙂%E2%80%8B",
    })
    void escapedTextIsAnIdAndIsRestored(String text, String id) {
        assertThat(EphemeralIds.escape(text)).isEqualTo(id);
        assertThat(EphemeralIds.unescape(id)).isEqualTo(text);
    }

    @Test
    void textWithoutAnIdIsRejected() {
        assertThat(EphemeralIds.escape("a".repeat(128))).hasSize(128);
        for (String text : new String[] {"", "a".repeat(129), ":".repeat(43), "\ud83d"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> EphemeralIds.escape(text));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%3", "%3x", "%FF"})
    void whatEscapeDoesNotMakeIsRejected(String id) {
        assertThatIllegalArgumentException().isThrownBy(() -> EphemeralIds.unescape(id));
    }
}
