package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/** While Redis is unavailable or cannot write, no code is VALID and nothing is consumed. */
@Tag("fault")
class OtpOutageTest {

    private final String user = UniqueIds.next();

    @ParameterizedTest
    @EnumSource
    void verifyOtpIsNeverValidDuringAnOutage(Outage outage) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), OtpCalls.MANY_ISSUES)) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            IssuedOtp issued = issue(otp, user);
            outage.begin(redis);
            for (int i = 0; i < 5; i++) {
                StatusAssert.unavailableSoon(() -> otp.verifyOtp(verifyRequest(user, issued.getCode())));
            }
            outage.end(redis);
        }
    }

    @Test
    void verifyOtpWhoseResponseWasLostInAnOutageIsRepeatedByItsRequestId() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), OtpCalls.MANY_ISSUES)) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            IssuedOtp issued = issue(otp, user);
            otp.verifyOtp(verifyRequest(UniqueIds.next(), "000000")); // loads the script into Redis before the freeze
            VerifyOtpRequest right = verifyRequest(user, issued.getCode()).toBuilder()
                    .setRequestId("r")
                    .build();
            redis.freeze();
            StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_REDIS_UNAVAILABLE", () -> otp.verifyOtp(right));
            redis.thaw();
            VerifyOtpResponse repeated = Retry.untilAvailable(Duration.ofSeconds(3), () -> otp.verifyOtp(right));
            assertThat(repeated.getResult()).isEqualTo(Result.RESULT_VALID);
            assertThat(repeated.hasExpireTime()).isTrue();
            assertThat(otp.verifyOtp(verifyRequest(user, issued.getCode())).getResult())
                    .isEqualTo(Result.RESULT_INVALID);
        }
    }

    /** If codes were checked while Redis is full, failed attempts would not be counted, and guessing would not be limited. */
    @Test
    void noCodeIsCheckedWhileRedisIsFull() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), OtpCalls.MANY_ISSUES);
                Jedis jedis = redis.jedis()) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            IssuedOtp issued = issue(otp, user);
            jedis.configSet("maxmemory", "1");
            for (String code : new String[] {otherCode(issued.getCode()), issued.getCode()}) {
                assertRejected(() -> otp.verifyOtp(verifyRequest(user, code)));
                assertRejected(() -> otp.verifyOtp(verifyRequest(user, code).toBuilder()
                        .setChallengeId(issued.getChallengeId())
                        .setRequestId("r")
                        .build()));
            }
            assertRejected(() -> otp.issueOtp(issueRequest(user)));
            assertThat(jedis.exists(OtpCalls.otpValidKey(user))).isFalse();
            jedis.configSet("maxmemory", "0");
            assertThat(otp.verifyOtp(verifyRequest(user, issued.getCode())).getResult())
                    .as("the rejected calls had no effect")
                    .isEqualTo(Result.RESULT_VALID);
        }
    }

    private static void assertRejected(ThrowingCallable call) {
        StatusRuntimeException e =
                StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
        assertThat(e.getStatus().getDescription()).isEqualTo("Redis rejected the call: OOM");
    }
}
