package io.flowhub.ephemeral.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("contract")
@Tag("quick")
class SessionFlagInputTest {

    private static TestServer server;
    private static SessionFlagCalls flags;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        flags = SessionFlagCalls.on(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "ü", "日", "😀"})
    void tooLongValueIsRejectedAndNotEchoed(String character) {
        String value = character.repeat(257);
        for (StatusRuntimeException e : new StatusRuntimeException[] {
            StatusAssert.invalidField("value", () -> flags.set(user, "f", value)),
            StatusAssert.invalidField("expected_value", () -> flags.consume(user, "f", value))
        }) {
            assertThat(e.getStatus().getDescription()).contains(" bytes\" (expected: up to 256 bytes)");
            assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain(character.repeat(3));
        }
        assertThat(flags.get(user, "f").getFound()).isFalse();
    }

    @Test
    void rejectedInputDoesNotChangeTheFlag() {
        flags.set(user, "f", "v");
        StatusAssert.invalidField("value", () -> flags.set(user, "f", "w".repeat(257)));
        StatusAssert.invalidField("ttl", () -> flags.set(user, "f", "w", 1, 0));
        StatusAssert.invalidField("expected_value", () -> flags.consume(user, "f", "w".repeat(257)));
        assertThat(flags.get(user, "f").getValue()).isEqualTo("v");
    }

    @Test
    void toStringRedactsTheValue() {
        assertThat(new SessionFlag(true, "session-a", 1).toString()).doesNotContain("session-a");
    }
}
