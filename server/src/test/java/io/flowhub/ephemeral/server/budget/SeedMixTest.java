package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
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
            SampleKeys.budget(server);
            redis.flushAll();
            long before = stableUse(redis);
            fill(server);
            long used = stableUse(redis) - before;
            Eventually.within(
                    java.time.Duration.ofSeconds(5),
                    "the keys are counted",
                    () -> SampleKeys.budget(server).getKeys() > PER_KIND); // not the result of a second ago
            GetBudgetResponse budget = SampleKeys.budget(server);

            System.out.printf(
                    "%,d keys take %,d bytes by INFO; by kind: %s%n",
                    budget.getKeys(), used, SampleKeys.bytesByKind(redis));
            assertThat(budget.getKeys()).isEqualTo(6L * PER_KIND + CACHED_USERS);
            assertThat(used).isLessThan(PROMISED_BYTES);
            Invariant.assertAllExpire(redis);
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
        return CacheServiceGrpc.newFutureStub(server.channel())
                .putCachedUser(PutCachedUserRequest.newBuilder()
                        .setId(user)
                        .setJson(SampleKeys.USER)
                        .build());
    }

    private static List<Future<?>> callServices(TestServer server, String user) {
        return List.of(
                OtpServiceGrpc.newFutureStub(server.channel())
                        .issueOtp(IssueOtpRequest.newBuilder().setUserId(user).build()),
                RateLimitServiceGrpc.newFutureStub(server.channel())
                        .checkRate(CheckRateRequest.newBuilder()
                                .setUserId(user)
                                .setAction("login_attempts")
                                .build()),
                SessionServiceGrpc.newFutureStub(server.channel())
                        .setSessionFlag(SetSessionFlagRequest.newBuilder()
                                .setUserId(user)
                                .setFlag("otp_valid")
                                .setValue("1")
                                .setTtl(Duration.newBuilder().setSeconds(1_800))
                                .build()),
                TokenServiceGrpc.newFutureStub(server.channel())
                        .issueLoginToken(IssueLoginTokenRequest.newBuilder()
                                .setUserId(user)
                                .build()),
                FeatureFlagServiceGrpc.newFutureStub(server.channel())
                        .setFlag(SetFlagRequest.newBuilder()
                                .setFeature("new_checkout")
                                .setUserId(user)
                                .setValue("true")
                                .setTtl(Duration.newBuilder().setSeconds(86_400))
                                .build()));
    }

    /** The memory once it is stable: a hash table that grows exists twice for a moment. */
    private static long stableUse(Jedis redis) {
        long[] last = {-1};
        Eventually.within(java.time.Duration.ofSeconds(20), "the memory in use is stable", () -> {
            TimeUnit.MILLISECONDS.sleep(500);
            long used = SampleKeys.used(redis);
            boolean same = Math.abs(used - last[0]) < 4_096;
            last[0] = used;
            return same;
        });
        return last[0];
    }
}
