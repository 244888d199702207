package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.code;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.notThe;
import static io.flowhub.ephemeral.server.otp.OtpCalls.wish;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** What a caller gets while Redis is away or cannot write. */
class OtpOutageTest {

    private final String user = UniqueIds.next();

    @Test
    void o16_withoutRedisNoCodeIsValid() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), OtpCalls.ROOMY)) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            IssuedOtp issued = issue(otp, user);
            redis.kill();
            for (int i = 0; i < 5; i++) {
                StatusAssert.unavailableSoon(() -> otp.verifyOtp(code(user, issued.getCode())));
                StatusAssert.unavailableSoon(() -> otp.issueOtp(wish(user)));
                StatusAssert.unavailableSoon(() -> otp.revokeOtp(
                        RevokeOtpRequest.newBuilder().setUserId(user).build()));
            }
        }
    }

    @Test
    void o16_whoseAnswerWasLostIsToldIfHeRepeatsTheRequest() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), OtpCalls.ROOMY)) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            IssuedOtp issued = issue(otp, user);
            otp.verifyOtp(code(UniqueIds.next(), "000000")); // so that Redis knows the script when it thaws
            VerifyOtpRequest right =
                    code(user, issued.getCode()).toBuilder().setRequestId("r").build();
            redis.freeze();
            StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_REDIS_UNAVAILABLE", () -> otp.verifyOtp(right));
            redis.thaw();
            List<VerifyOtpResponse> told = new ArrayList<>();
            Eventually.within(Duration.ofSeconds(3), () -> {
                try {
                    told.add(otp.verifyOtp(right));
                    return true;
                } catch (StatusRuntimeException notYet) {
                    return false;
                }
            });
            assertThat(told.get(0).getResult()).isEqualTo(Result.RESULT_VALID);
            assertThat(told.get(0).hasExpireTime()).isTrue();
            assertThat(otp.verifyOtp(code(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_INVALID);
        }
    }

    /** Else whoever fills Redis guesses for free: wrong codes would not be counted, and the right one would be told. */
    @Test
    void o17_whileRedisIsFullNoCodeIsLookedAt() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), OtpCalls.ROOMY);
                Jedis jedis = redis.jedis()) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            IssuedOtp issued = issue(otp, user);
            jedis.configSet("maxmemory", "1");
            for (String code : new String[] {notThe(issued.getCode()), issued.getCode()}) {
                assertRefused(() -> otp.verifyOtp(code(user, code)));
                assertRefused(() -> otp.verifyOtp(code(user, code).toBuilder()
                        .setChallengeId(issued.getChallengeId())
                        .setRequestId("r")
                        .build()));
            }
            assertRefused(() -> otp.issueOtp(wish(user)));
            assertThat(jedis.exists(OtpCalls.marker(user))).isFalse();
            jedis.configSet("maxmemory", "0");
            assertThat(otp.verifyOtp(code(user, issued.getCode())).getResult())
                    .as("nothing had any effect")
                    .isEqualTo(Result.RESULT_VALID);
        }
    }

    private static void assertRefused(ThrowingCallable call) {
        StatusRuntimeException e =
                StatusAssert.hasStatus(Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", call);
        assertThat(e.getStatus().getDescription()).isEqualTo("Redis rejected the call: OOM");
    }
}
