package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.FeatureFlagCalls.query;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid input is an error, with or without a default. */
@Tag("contract")
@Tag("quick")
class FeatureFlagInputTest {

    private static TestServer server;
    private static FeatureFlagCalls flags;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        flags = FeatureFlagCalls.on(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a}", "a b", "nul\0"})
    void invalidIdIsAnErrorEvenWithADefault(String id) {
        StatusAssert.invalidField("feature", () -> flags.get(query(id, user, "default")));
        StatusAssert.invalidField("user_id", () -> flags.get(query("f", id, "default")));
        StatusAssert.invalidField(
                "requests[1].feature",
                () -> flags.getAll(List.of(query("f", user, "default"), query(id, user, "default"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ü", "日", "😀"})
    void valuesAndDefaultsAreMeasuredInBytes(String character) {
        String value = character.repeat(257);
        StatusAssert.invalidField("value", () -> flags.set("f", user, value));
        StatusAssert.invalidField("default_value", () -> flags.get(query("f", user, value)));
        StatusAssert.invalidField(
                "requests[1].default_value", () -> flags.getAll(List.of(query("f", user), query("f", user, value))));
        assertThat(flags.get(query("f", user))).isEqualTo(FeatureFlagCalls.unset(""));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRejected(int size) {
        StatusAssert.invalidField(
                "requests", () -> flags.getAll(Collections.nCopies(size, query("f", user, "default"))));
    }

    @Test
    void invalidInputDoesNotChangeTheFlag() {
        flags.set("f", user, "v");
        StatusAssert.invalidField("value", () -> flags.set("f", user, "w".repeat(257)));
        StatusAssert.invalidField("ttl", () -> flags.set("f", user, "w", 86_401, 0));
        assertThat(flags.get(query("f", user)).getValue()).isEqualTo("v");
    }
}
