package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.Status.Code;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.util.JedisClusterCRC16;

/** VerifyOtp on a Cluster where code and otp_valid flag are on two masters: it takes two steps, and the second may fail. */
@Tag("contract")
class OtpValidFlagOnClusterTest {

    private static final int SLOTS = 16_384;

    @AutoClose
    private final RedisCluster cluster = RedisCluster.start();

    @AutoClose
    private final TestServer server = TestServer.start(cluster.yaml() + OtpCalls.MANY_ISSUES);

    private final OtpCalls otp = new OtpCalls(server.channel());
    private final String user = Stream.generate(UniqueIds::next)
            .filter(id -> master("otp:" + id) != master(OtpCalls.otpValidKey(id)))
            .findFirst()
            .orElseThrow();
    private final VerifyOtpRequest.Builder right =
            verifyRequest(user, otp.issue(user).getCode()).setRequestId("r");

    @Test
    void unreachableFlagMakesTheCallUnavailableAndTheCodeIsConsumed() throws Exception {
        master(OtpCalls.otpValidKey(user)).kill();
        StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_REDIS_UNAVAILABLE", () -> otp.verify(right));
        assertThat(otp.result(right.setRequestId("other"))).isEqualTo(Result.RESULT_INVALID);
    }

    @Test
    void retryAfterAFailedSecondStepSetsNoFlag() {
        try (Jedis jedis = master(OtpCalls.otpValidKey(user)).jedis()) {
            jedis.configSet("maxmemory", "1");
            StatusAssert.hasStatus(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_BUDGET_FULL", () -> otp.verify(right));
            jedis.configSet("maxmemory", "0");
            assertThat(otp.verify(right))
                    .returns(Result.RESULT_VALID, VerifyOtpResponse::getResult)
                    .returns(false, VerifyOtpResponse::hasExpireTime);
            assertThat(jedis.exists(OtpCalls.otpValidKey(user))).isFalse();
        }
    }

    private RedisProcess master(String key) {
        int slot = JedisClusterCRC16.getSlot(key);
        int owner = slot < SLOTS / 3 ? 0 : slot < SLOTS * 2 / 3 ? 1 : 2;
        return cluster.masters().get(owner);
    }
}
