package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.util.JedisClusterCRC16;

/** VerifyOtp on a Cluster where code and otp_valid flag are on two masters: it takes two steps, and the second may fail. */
@Tag("contract")
class OtpValidFlagOnClusterTest {

    private static final int SLOTS = 16_384;

    private RedisCluster cluster;
    private TestServer server;
    private OtpServiceBlockingStub otp;
    private String user;
    private VerifyOtpRequest right;

    @BeforeEach
    void issueCode() throws IOException {
        cluster = RedisCluster.start();
        server = TestServer.start(cluster.yaml() + OtpCalls.MANY_ISSUES);
        otp = OtpCalls.on(server.channel());
        user = Stream.generate(UniqueIds::next)
                .filter(id -> master("otp:" + id) != master(OtpCalls.otpValidKey(id)))
                .findFirst()
                .orElseThrow();
        right = verifyRequest(user, issue(otp, user).getCode()).toBuilder()
                .setRequestId("r")
                .build();
    }

    @AfterEach
    void stop() {
        server.close();
        cluster.close();
    }

    @Test
    void unreachableFlagMakesTheCallUnavailableAndTheCodeIsConsumed() throws Exception {
        master(OtpCalls.otpValidKey(user)).kill();
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, () -> otp.verifyOtp(right));
        assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(otp.verifyOtp(right.toBuilder().setRequestId("other").build())
                        .getResult())
                .isEqualTo(Result.RESULT_INVALID);
    }

    @Test
    void retryAfterAFailedSecondStepSetsNoFlag() {
        try (Jedis jedis = master(OtpCalls.otpValidKey(user)).jedis()) {
            jedis.configSet("maxmemory", "1");
            StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, () -> otp.verifyOtp(right));
            assertThat(e.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
            jedis.configSet("maxmemory", "0");
            VerifyOtpResponse again = otp.verifyOtp(right);
            assertThat(again.getResult()).isEqualTo(Result.RESULT_VALID);
            assertThat(again.hasExpireTime()).isFalse();
            assertThat(jedis.exists(OtpCalls.otpValidKey(user))).isFalse();
        }
    }

    private RedisProcess master(String key) {
        int slot = JedisClusterCRC16.getSlot(key);
        for (int i = 0; i < 2; i++) {
            if (slot < SLOTS * (i + 1) / 3) {
                return cluster.masters().get(i);
            }
        }
        return cluster.masters().get(2);
    }
}
