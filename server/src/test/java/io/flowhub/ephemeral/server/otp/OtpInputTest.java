package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

@Tag("contract")
@Tag("quick")
class OtpInputTest {

    private static TestServer server;
    private static OtpServiceBlockingStub otp;
    private static Jedis redis;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url(), OtpCalls.DEFAULT_LIMITS);
        otp = OtpCalls.on(server.channel());
        redis = TestRedis.jedis();
    }

    @AfterAll
    static void stop() {
        redis.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "12345", "1234567", "12345a", " 123456", "12345\n", "-12345", "١٢٣٤٥٦", "１２３４５６", "12 456", "+12345"
            })
    void malformedCodeIsRejectedUncheckedAndNotEchoed(String code) {
        StatusRuntimeException e = StatusAssert.invalidField("code", () -> otp.verifyOtp(verifyRequest(user, code)));
        assertThat(e.getStatus().getDescription()).isEqualTo("code: \"(not shown)\" (expected: 6 digits)");
        assertThat(redis.exists(OtpCalls.guardKey(user))).isFalse();
    }

    @Test
    void longBindingIsRejectedAndNotEchoed() {
        String binding = "ü".repeat(129);
        StatusRuntimeException e = StatusAssert.invalidField(
                "session_binding",
                () -> otp.issueOtp(issueRequest(user).toBuilder()
                        .setSessionBinding(binding)
                        .build()));
        assertThat(e.toString()).doesNotContain("ü");
        StatusAssert.invalidField(
                "session_binding",
                () -> otp.verifyOtp(verifyRequest(user, "123456").toBuilder()
                        .setSessionBinding("x".repeat(257))
                        .build()));
        assertThat(otp.issueOtp(issueRequest(user).toBuilder()
                                .setSessionBinding("ü : {} ".repeat(32))
                                .build())
                        .hasIssued())
                .isTrue();
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndNothingIsCounted() {
        redis.set("otp:" + user, "text", SetParams.setParams().px(60_000));
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> otp.verifyOtp(verifyRequest(user, "123456")), () -> otp.issueOtp(issueRequest(user)),
        }) {
            StatusRuntimeException e =
                    StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
            assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap())
                    .containsEntry("redis_error", "WRONGTYPE");
        }
        assertThat(redis.exists(OtpCalls.guardKey(user))).isFalse();
    }
}
