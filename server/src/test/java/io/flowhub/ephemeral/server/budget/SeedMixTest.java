package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The promised memory of ten thousand keys, written by the services. */
@Tag("contract")
class SeedMixTest {

    private static final int PER_KIND = 2_000;
    private static final int CACHED_USERS = 1_000;
    private static final long PROMISED_BYTES = 5L << 20;

    /** With the guard key of each one-time password these are 13,000 keys. */
    @Test
    void tenThousandKeysAndAThousandCachedUsersTakeLessThanFiveMegabytes() throws Exception {
        try (RedisProcess process = RedisProcess.start("--maxmemory", "30mb");
                Jedis redis = process.jedis();
                TestServer server = TestServer.on(
                        process.url(),
                        "otp.pepper: pepper-of-the-tests-pepper-of-the-tests",
                        "rate_limit.policies: {login_attempts: {limit: 5, window: 24h}}")) {
            for (Future<?> response : callServices(server, "warm-up")) {
                response.get(10, TimeUnit.SECONDS);
            }
            putUser(server, "warm-up").get(10, TimeUnit.SECONDS);
            SampleKeys.budget(server.channel());
            redis.flushAll();
            long before = SampleKeys.stableUse(redis, 4_096);
            fill(server);
            long used = SampleKeys.stableUse(redis, 4_096) - before;
            Eventually.within(
                    java.time.Duration.ofSeconds(5),
                    "the keys are counted",
                    () -> SampleKeys.budget(server.channel()).getKeys() > PER_KIND); // not the result of a second ago
            GetBudgetResponse budget = SampleKeys.budget(server.channel());

            System.out.printf(
                    "%,d keys take %,d bytes by INFO; by kind: %s%n",
                    budget.getKeys(), used, SampleKeys.bytesByKind(redis));
            assertThat(budget.getKeys()).isEqualTo(6L * PER_KIND + CACHED_USERS);
            assertThat(used).isLessThan(PROMISED_BYTES);
            Topology.assertAllExpire(redis);
        }
    }

    private static void fill(TestServer server) throws Exception {
        List<Future<?>> responses = new ArrayList<>();
        for (int i = 0; i < PER_KIND; i++) {
            responses.addAll(callServices(server, SampleKeys.userId(i)));
            if (i < CACHED_USERS) {
                responses.add(putUser(server, SampleKeys.userId(i)));
            }
        }
        for (Future<?> response : responses) {
            response.get(30, TimeUnit.SECONDS);
        }
    }

    private static Future<?> putUser(TestServer server, String user) {
        var put = PutCachedUserRequest.newBuilder().setId(user).setJson(SampleKeys.USER);
        return CacheServiceGrpc.newFutureStub(server.channel()).putCachedUser(put.build());
    }

    private static List<Future<?>> callServices(TestServer server, String user) {
        Channel channel = server.channel();
        var otp = IssueOtpRequest.newBuilder().setUserId(user);
        var rate = CheckRateRequest.newBuilder().setUserId(user).setAction("login_attempts");
        var session = SetSessionFlagRequest.newBuilder().setUserId(user).setFlag("otp_done");
        var token = IssueLoginTokenRequest.newBuilder().setUserId(user);
        var flag = SetFlagRequest.newBuilder().setUserId(user).setFeature("new_checkout");
        session.setValue("1").setTtl(Duration.newBuilder().setSeconds(1_800));
        flag.setValue("true").setTtl(Duration.newBuilder().setSeconds(86_400));
        return List.of(
                OtpServiceGrpc.newFutureStub(channel).issueOtp(otp.build()),
                RateLimitServiceGrpc.newFutureStub(channel).checkRate(rate.build()),
                SessionServiceGrpc.newFutureStub(channel).setSessionFlag(session.build()),
                TokenServiceGrpc.newFutureStub(channel).issueLoginToken(token.build()),
                FeatureFlagServiceGrpc.newFutureStub(channel).setFlag(flag.build()));
    }
}
