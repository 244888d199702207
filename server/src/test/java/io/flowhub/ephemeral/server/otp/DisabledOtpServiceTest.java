package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("contract")
class DisabledOtpServiceTest {

    private final String user = UniqueIds.next();

    @Test
    void otpIsDisabledWithoutAPepperAndTheLogNamesTheSetting() throws Exception {
        try (TestServer server = TestServer.on(TestRedis.url())) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            assertDisabled(() -> otp.issueOtp(issueRequest(user)));
            assertDisabled(() -> otp.verifyOtp(verifyRequest(user, "123456")));
            assertDisabled(() ->
                    otp.revokeOtp(RevokeOtpRequest.newBuilder().setUserId(user).build()));
            assertThat(health(server.channel(), OtpServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.NOT_SERVING);
            assertThat(health(server.channel(), Server.READINESS))
                    .as("the other services are ready")
                    .isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void startWarnsOnceThatOtpIsDisabled() throws Exception {
        try (ServerProcess server = ServerProcess.start("redis.url: " + TestRedis.url())) {
            assertThat(server.log().lines().filter(line -> line.contains(DisabledOtpService.DISABLED_MESSAGE)))
                    .singleElement()
                    .asString()
                    .contains("WARN");
        }
    }

    @Test
    void embeddedRedisNeedsNoPepper() throws Exception {
        try (TestServer server = TestServer.start("otp.digits: 6")) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            String code = issue(otp, user).getCode();
            assertThat(otp.verifyOtp(verifyRequest(user, code)).getResult()).isEqualTo(Result.RESULT_VALID);
            assertThat(health(server.channel(), OtpServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void pepperEnablesOtp() throws Exception {
        try (ServerProcess server = ServerProcess.start("redis.url: " + TestRedis.url() + OtpCalls.DEFAULT_LIMITS)) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            Eventually.within(
                    Duration.ofSeconds(10),
                    "the service is SERVING",
                    () -> health(server.channel(), OtpServiceGrpc.SERVICE_NAME) == ServingStatus.SERVING);
            assertThat(otp.issueOtp(issueRequest(user)).hasIssued()).isTrue();
            assertThat(server.log())
                    .doesNotContain(DisabledOtpService.DISABLED_MESSAGE)
                    .doesNotContain(OtpCalls.PEPPER);
        }
    }

    private static void assertDisabled(ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_OTP_DISABLED", call);
        assertThat(e.getStatus().getDescription())
                .isEqualTo(DisabledOtpService.DISABLED_MESSAGE)
                .contains("openssl rand -base64 32", "EPHEMERAL_OTP_PEPPER_FILE");
    }

    private static ServingStatus health(Channel channel, String name) {
        return HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .check(HealthCheckRequest.newBuilder().setService(name).build())
                .getStatus();
    }
}
