package io.flowhub.ephemeral.server.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("contract")
@Tag("quick")
class TokenInputTest {

    private static TestServer server;
    private static TokenCalls tokens;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        tokens = TokenCalls.on(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "secretsecretsecretsecretsecretsecretsecret",
                "secretsecretsecretsecretsecretsecretsecrets8",
                "secretsecretsecretsecretsecretsecretsecret+",
                "secretsecretsecretsecretsecretsecretsecret/",
                "secretsecretsecretsecretsecretsecretsecret=",
                "secretsecretsecretsecretsecretsecretsecret ",
                "secretsecretsecretsecretsecretsecretsecret8\n",
                "secretsecretsecretsecretsecretsecretsecretä"
            })
    void malformedTokenIsRejectedAndNotEchoed(String value) {
        List<ThrowingCallable> calls = List.of(
                () -> tokens.verify(user, value),
                () -> tokens.consume(user, value),
                () -> tokens.consume(user, value, "r"),
                () -> tokens.revoke(user, value));
        for (ThrowingCallable call : calls) {
            StatusRuntimeException e = StatusAssert.invalidField("token", call);
            assertThat(e.getStatus().getDescription())
                    .isEqualTo("token: \"(not shown)\" (expected: 43 characters of base64url)");
            assertThat(StatusProto.fromThrowable(e).toString()).doesNotContain("secret");
        }
    }

    @Test
    void emptyTokenIsRejected() {
        StatusAssert.invalidField("token", () -> tokens.verify(user, ""));
        StatusAssert.invalidField("token", () -> tokens.consume(user, ""));
    }

    @Test
    void rejectedInputDoesNotConsumeTheToken() {
        String token = tokens.issue(user).getToken();
        StatusAssert.invalidField("token", () -> tokens.consume(user, token + "="));
        StatusAssert.invalidField("request_id", () -> tokens.consume(user, token, "a:b"));
        StatusAssert.invalidField("token", () -> tokens.revoke(user, token.substring(1)));
        assertThat(tokens.consume(user, token)).isTrue();
    }

    @Test
    void toStringRedactsTheToken() {
        LoginToken token = LoginToken.random(user);
        assertThat(new TokenStore.Issued(token, 1).toString())
                .contains(user)
                .doesNotContain(token.value())
                .doesNotContain(token.digest());
    }
}
