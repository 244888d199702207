package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.Otp.code;
import static io.flowhub.ephemeral.server.otp.Otp.wish;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.Refused;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

class BadInputTest {

    private static TestServer server;
    private static OtpServiceBlockingStub otp;
    private static Jedis redis;

    private final String user = Fresh.id();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url(), Otp.STRICT);
        otp = Otp.on(server.channel());
        redis = TestRedis.jedis();
    }

    @AfterAll
    static void stop() {
        redis.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:b", "{a}", "a b", "tab\t", "nul\0", "ümlaut\u00a0space", "ends\u2028line"})
    void o14_malformedIdIsNamedWithItsRuleAndCountsNothing(String id) {
        Refused.because("user_id", () -> otp.issueOtp(wish(id)));
        Refused.because("user_id", () -> otp.verifyOtp(code(id, "123456")));
        Refused.because(
                "user_id",
                () -> otp.revokeOtp(RevokeOtpRequest.newBuilder().setUserId(id).build()));
        Refused.because(
                "purpose",
                () -> otp.issueOtp(wish(user).toBuilder().setPurpose(id).build()));
        Refused.because(
                "request_id",
                () -> otp.issueOtp(wish(user).toBuilder().setRequestId(id).build()));
        Refused.because(
                "purpose",
                () -> otp.verifyOtp(
                        code(user, "123456").toBuilder().setPurpose(id).build()));
        Refused.because(
                "challenge_id",
                () -> otp.verifyOtp(
                        code(user, "123456").toBuilder().setChallengeId(id).build()));
        Refused.because(
                "request_id",
                () -> otp.verifyOtp(
                        code(user, "123456").toBuilder().setRequestId(id).build()));
        assertThat(redis.exists("otp:" + user, Otp.guard(user))).isZero();
    }

    @Test
    void o14_userIsRequiredAndCountedInBytes() {
        Refused.because("user_id", () -> otp.issueOtp(wish("")));
        Refused.because("user_id", () -> otp.verifyOtp(code("", "123456")));
        Refused.because("user_id", () -> otp.issueOtp(wish("ü".repeat(65))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "12345", "1234567", "12345a", " 123456", "12345\n", "-12345", "١٢٣٤٥٦", "１２３４５６", "12 456", "+12345"
            })
    void o14_whatIsNoCodeIsRefusedUnseenAndNotRepeated(String code) {
        StatusRuntimeException e = Refused.because("code", () -> otp.verifyOtp(code(user, code)));
        assertThat(e.getStatus().getDescription()).isEqualTo("code: \"(not shown)\" (expected: 6 digits)");
        assertThat(redis.exists(Otp.guard(user))).isFalse();
    }

    @Test
    void o14_longBindingIsRefusedAndNotRepeated() {
        String binding = "ü".repeat(129);
        StatusRuntimeException e = Refused.because(
                "session_binding",
                () -> otp.issueOtp(
                        wish(user).toBuilder().setSessionBinding(binding).build()));
        assertThat(e.toString()).doesNotContain("ü");
        Refused.because(
                "session_binding",
                () -> otp.verifyOtp(code(user, "123456").toBuilder()
                        .setSessionBinding("x".repeat(257))
                        .build()));
        assertThat(otp.issueOtp(wish(user).toBuilder()
                                .setSessionBinding("ü : {} ".repeat(32))
                                .build())
                        .hasIssued())
                .isTrue();
    }

    @Test
    void keyOfAnotherTypeIsRefusedAndNothingIsCounted() {
        redis.set("otp:" + user, "text", SetParams.setParams().px(60_000));
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> otp.verifyOtp(code(user, "123456")), () -> otp.issueOtp(wish(user)),
        }) {
            StatusRuntimeException e = Refused.with(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REFUSED", call);
            assertThat(Refused.detail(e, ErrorInfo.class).getMetadataMap()).containsEntry("redis_error", "WRONGTYPE");
        }
        assertThat(redis.exists(Otp.guard(user))).isFalse();
    }
}
