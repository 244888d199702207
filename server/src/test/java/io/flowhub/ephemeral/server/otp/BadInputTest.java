package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.Otp.code;
import static io.flowhub.ephemeral.server.otp.Otp.wish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.Objects;
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
    void o14_malformedIdIsNamedWithItsRuleAndCountsNothing(String id) throws Exception {
        assertViolation(() -> otp.issueOtp(wish(id)), "user_id");
        assertViolation(() -> otp.verifyOtp(code(id, "123456")), "user_id");
        assertViolation(
                () -> otp.revokeOtp(RevokeOtpRequest.newBuilder().setUserId(id).build()), "user_id");
        assertViolation(() -> otp.issueOtp(wish(user).toBuilder().setPurpose(id).build()), "purpose");
        assertViolation(
                () -> otp.issueOtp(wish(user).toBuilder().setRequestId(id).build()), "request_id");
        assertViolation(
                () -> otp.verifyOtp(
                        code(user, "123456").toBuilder().setPurpose(id).build()),
                "purpose");
        assertViolation(
                () -> otp.verifyOtp(
                        code(user, "123456").toBuilder().setChallengeId(id).build()),
                "challenge_id");
        assertViolation(
                () -> otp.verifyOtp(
                        code(user, "123456").toBuilder().setRequestId(id).build()),
                "request_id");
        assertThat(redis.exists("otp:" + user, Otp.guard(user))).isZero();
    }

    @Test
    void o14_userIsRequiredAndCountedInBytes() throws Exception {
        assertViolation(() -> otp.issueOtp(wish("")), "user_id");
        assertViolation(() -> otp.verifyOtp(code("", "123456")), "user_id");
        assertViolation(() -> otp.issueOtp(wish("ü".repeat(65))), "user_id");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "12345", "1234567", "12345a", " 123456", "12345\n", "-12345", "١٢٣٤٥٦", "１２３４５６", "12 456", "+12345"
            })
    void o14_whatIsNoCodeIsRefusedUnseenAndNotRepeated(String code) throws Exception {
        StatusRuntimeException e = assertViolation(() -> otp.verifyOtp(code(user, code)), "code");
        assertThat(e.getStatus().getDescription()).isEqualTo("code: \"(not shown)\" (expected: 6 digits)");
        assertThat(redis.exists(Otp.guard(user))).isFalse();
    }

    @Test
    void o14_longBindingIsRefusedAndNotRepeated() throws Exception {
        String binding = "ü".repeat(129);
        StatusRuntimeException e = assertViolation(
                () -> otp.issueOtp(
                        wish(user).toBuilder().setSessionBinding(binding).build()),
                "session_binding");
        assertThat(e.toString()).doesNotContain("ü");
        assertViolation(
                () -> otp.verifyOtp(code(user, "123456").toBuilder()
                        .setSessionBinding("x".repeat(257))
                        .build()),
                "session_binding");
        assertThat(otp.issueOtp(wish(user).toBuilder()
                                .setSessionBinding("ü : {} ".repeat(32))
                                .build())
                        .hasIssued())
                .isTrue();
    }

    @Test
    void keyOfAnotherTypeIsRefusedAndNothingIsCounted() throws Exception {
        redis.set("otp:" + user, "text", SetParams.setParams().px(60_000));
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> otp.verifyOtp(code(user, "123456")), () -> otp.issueOtp(wish(user)),
        }) {
            StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
            assertThat(e.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
            assertThat(Objects.requireNonNull(StatusProto.fromThrowable(e))
                            .getDetails(0)
                            .unpack(ErrorInfo.class)
                            .getMetadataMap())
                    .containsEntry("redis_error", "WRONGTYPE");
        }
        assertThat(redis.exists(Otp.guard(user))).isFalse();
    }

    private static StatusRuntimeException assertViolation(ThrowingCallable call, String field) throws Exception {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(e.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        var status = Objects.requireNonNull(StatusProto.fromThrowable(e));
        assertThat(status.getDetails(0).unpack(ErrorInfo.class).getReason()).isEqualTo("ERROR_REASON_INVALID_FIELD");
        assertThat(status.getDetails(1)
                        .unpack(BadRequest.class)
                        .getFieldViolations(0)
                        .getField())
                .isEqualTo(field);
        return e;
    }
}
