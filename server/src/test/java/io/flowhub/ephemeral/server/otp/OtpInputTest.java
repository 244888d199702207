package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.guardKey;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

@Tag("contract")
@Tag("quick")
class OtpInputTest {

    @AutoClose
    private static final TestServer SERVER = TestServer.shared(OtpCalls.DEFAULT_LIMITS);

    private static final OtpCalls OTP = new OtpCalls(SERVER.channel());

    @AutoClose
    private final Jedis redis = TestRedis.jedis();

    private final String user = UniqueIds.next();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "12345", "1234567", "12345a", " 123456", "12345\n", "-12345", "١٢٣٤٥٦", "１２３４５６", "12 456", "+12345"
            })
    void malformedCodeIsRejectedUncheckedAndNotEchoed(String code) {
        StatusRuntimeException e = StatusAssert.invalidField("code", () -> OTP.verify(verifyRequest(user, code)));
        assertThat(e.getStatus().getDescription()).isEqualTo("code: \"(not shown)\" (expected: 6 digits)");
        assertThat(redis.exists(guardKey(user))).isFalse();
    }

    @Test
    void longBindingIsRejectedAndNotEchoed() {
        for (String binding : List.of("ü".repeat(129), "ü" + "x".repeat(255))) { // more than 256 bytes
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> OTP.tryIssue(issueRequest(user).setSessionBinding(binding)),
                    () -> OTP.verify(verifyRequest(user, "123456").setSessionBinding(binding)))) {
                assertThat(StatusAssert.invalidField("session_binding", call).toString())
                        .doesNotContain("ü");
            }
        }
        OTP.issue(issueRequest(user).setSessionBinding("ü : {} ".repeat(32)));
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndNothingIsCounted() {
        redis.set("otp:" + user, "text", SetParams.setParams().px(60_000));
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> OTP.verify(verifyRequest(user, "123456")), () -> OTP.tryIssue(issueRequest(user)))) {
            StatusRuntimeException e =
                    StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
            assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap())
                    .containsEntry("redis_error", "WRONGTYPE");
        }
        assertThat(redis.exists(guardKey(user))).isFalse();
    }
}
