package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.fixture.Readiness.isServing;
import static io.flowhub.ephemeral.server.fixture.Readiness.status;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("contract")
class DisabledOtpServiceTest {

    private final String user = UniqueIds.next();

    @Test
    void otpIsDisabledWithoutAPepperAndOneWarningNamesTheSetting() {
        try (CapturedLog log = CapturedLog.of("io.flowhub");
                TestServer server = TestServer.shared()) {
            assertThat(log.messages(Level.WARN)).containsOnlyOnce(DisabledOtpService.DISABLED_MESSAGE);
            OtpCalls otp = new OtpCalls(server.channel());
            assertDisabled(() -> otp.tryIssue(issueRequest(user)));
            assertDisabled(() -> otp.verify(verifyRequest(user, "123456")));
            assertDisabled(() -> otp.revoke(user));
            assertThat(status(server.channel(), OtpServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.NOT_SERVING);
            assertThat(isServing(server.channel(), Server.READINESS))
                    .as("the other services are ready")
                    .isTrue();
        }
    }

    @Test
    void embeddedRedisNeedsNoPepper() throws Exception {
        try (TestServer server = TestServer.start("otp.digits: 6")) {
            OtpCalls otp = new OtpCalls(server.channel());
            String code = otp.issue(user).getCode();
            assertThat(otp.result(verifyRequest(user, code))).isEqualTo(Result.RESULT_VALID);
            assertThat(status(server.channel(), OtpServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void pepperEnablesOtp() throws Exception {
        try (ServerProcess server = ServerProcess.start("redis.url: " + TestRedis.url() + OtpCalls.DEFAULT_LIMITS)) {
            Eventually.soon("the service is SERVING", () -> isServing(server.channel(), OtpServiceGrpc.SERVICE_NAME));
            new OtpCalls(server.channel()).issue(user);
            assertThat(server.log()).doesNotContain(DisabledOtpService.DISABLED_MESSAGE, OtpCalls.PEPPER);
        }
    }

    private static void assertDisabled(ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_OTP_DISABLED", call);
        assertThat(e.getStatus().getDescription())
                .isEqualTo(DisabledOtpService.DISABLED_MESSAGE)
                .contains("openssl rand -base64 32", "EPHEMERAL_OTP_PEPPER_FILE");
    }
}
