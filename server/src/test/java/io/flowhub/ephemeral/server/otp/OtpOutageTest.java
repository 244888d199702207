package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_INVALID;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_VALID;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** While Redis is unavailable or cannot write, no response states that a code is VALID. */
@Tag("fault")
class OtpOutageTest {

    @AutoClose
    private final TestServer server = TestServer.withRedis(OtpCalls.MANY_ISSUES);

    private final RedisProcess redis = server.redis();
    private final OtpCalls otp = new OtpCalls(server.channel());
    private final String user = UniqueIds.next();
    private final IssuedOtp issued = otp.issue(user);
    private final VerifyOtpRequest.Builder right = verifyRequest(user, issued.getCode());

    @Test
    void verifyOtpWhoseResponseWasLostInAnOutageIsRepeatedByItsRequestId() throws Exception {
        otp.verify(verifyRequest(UniqueIds.next(), "000000")); // loads the script into Redis before the freeze
        VerifyOtpRequest.Builder lost = right.clone().setRequestId("r");
        redis.freeze();
        StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_REDIS_UNAVAILABLE", () -> otp.verify(lost));
        redis.thaw();
        VerifyOtpResponse repeated = Retry.untilAvailable(Duration.ofSeconds(3), () -> otp.verify(lost));
        assertThat(repeated.getResult()).isEqualTo(RESULT_VALID);
        assertThat(repeated.hasExpireTime()).isTrue();
        assertThat(otp.result(right)).isEqualTo(RESULT_INVALID);
    }

    /** If codes were checked while Redis is full, failed attempts would not be counted, and guessing would not be limited. */
    @Test
    void noCodeIsCheckedWhileRedisIsFull() {
        try (Jedis jedis = redis.jedis()) {
            jedis.configSet("maxmemory", "1");
            for (VerifyOtpRequest.Builder request :
                    List.of(right.clone(), right.clone().setCode(otherCode(issued.getCode())))) {
                assertBudgetFull(() -> otp.verify(request));
                request.setChallengeId(issued.getChallengeId()).setRequestId("r");
                assertBudgetFull(() -> otp.verify(request));
            }
            assertBudgetFull(() -> otp.tryIssue(issueRequest(user)));
            assertThat(jedis.exists(OtpCalls.otpValidKey(user))).isFalse();
            jedis.configSet("maxmemory", "0");
            assertThat(otp.result(right)).as("the rejected calls had no effect").isEqualTo(RESULT_VALID);
        }
    }

    private static void assertBudgetFull(ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_BUDGET_FULL", call);
        assertThat(StatusAssert.detail(e, RetryInfo.class).getRetryDelay().getSeconds())
                .isEqualTo(1);
    }
}
