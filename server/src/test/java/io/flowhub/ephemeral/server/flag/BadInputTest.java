package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.Flags.question;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.Refused;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input is an error, default or not. */
class BadInputTest {

    private static TestServer server;
    private static Flags flags;

    private final String user = Fresh.id();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        flags = Flags.on(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a}", "a b", "nul\0"})
    void malformedIdsAreNamedWithTheirRule(String id) {
        Refused.because("feature", () -> flags.set(id, user, "v"));
        Refused.because("feature", () -> flags.get(question(id, user)));
        Refused.because("feature", () -> flags.get(question(id, user, "default")));
        Refused.because("feature", () -> flags.clear(id, user));
        Refused.because("user_id", () -> flags.set("f", id, "v"));
        Refused.because("user_id", () -> flags.get(question("f", id)));
        Refused.because("user_id", () -> flags.get(question("f", id, "default")));
        Refused.because("user_id", () -> flags.clear("f", id));
        Refused.because(
                "requests[1].feature",
                () -> flags.getAll(List.of(question("f", user, "default"), question(id, user, "default"))));
        Refused.because("requests[0].user_id", () -> flags.getAll(List.of(question("f", id), question("f", user))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ü", "日", "😀"})
    void valuesAndDefaultsAreMeasuredInBytes(String character) {
        String value = character.repeat(257);
        Refused.because("value", () -> flags.set("f", user, value));
        Refused.because("default_value", () -> flags.get(question("f", user, value)));
        Refused.because(
                "requests[1].default_value",
                () -> flags.getAll(List.of(question("f", user), question("f", user, value))));
        assertThat(flags.get(question("f", user))).isEqualTo(Flags.unset(""));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRefused(int size) {
        Refused.because("requests", () -> flags.getAll(Collections.nCopies(size, question("f", user, "default"))));
    }

    @Test
    void badInputLeavesTheFlagAlone() {
        flags.set("f", user, "v");
        Refused.because("value", () -> flags.set("f", user, "w".repeat(257)));
        Refused.because("ttl", () -> flags.set("f", user, "w", 86_401, 0));
        assertThat(flags.get(question("f", user)).getValue()).isEqualTo("v");
    }
}
