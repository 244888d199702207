package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** One of two servers is killed while both do a bit of everything: what is then in Redis, and in their logs. */
@Tag("fault")
class MixedLoadTest {

    private static final int THREADS = 8;
    private static final int ENOUGH_KEYS = 3_000;

    /** Ten digits, so that no code is found by chance. */
    private static final String SETTINGS = "\notp.pepper: only-for-this-test-0123456789abcdefgh\notp.digits: 10";

    /** The longest that each kind of key may live, the first that matches: as the README says. */
    private static final Map<Pattern, Duration> LONGEST = longest();

    private final Queue<String> secrets = new ConcurrentLinkedQueue<>();

    private static Map<Pattern, Duration> longest() {
        Map<Pattern, Duration> longest = new LinkedHashMap<>();
        longest.put(
                Pattern.compile("rate:.*:login_attempts|\\{rate:.*:login_attempts}:request:.*"), Duration.ofMinutes(1));
        longest.put(Pattern.compile("otp:.*|\\{otp:.*}:result:.*"), Duration.ofMinutes(5));
        longest.put(Pattern.compile("\\{otp:.*}:guard"), Duration.ofHours(24));
        longest.put(Pattern.compile("session:.*:otp_valid"), Duration.ofMinutes(5));
        longest.put(Pattern.compile("session:.*"), Duration.ofMinutes(30));
        longest.put(Pattern.compile("token:.*:login"), Duration.ofMinutes(10));
        longest.put(Pattern.compile("\\{token:.*}:request:.*"), Duration.ofMinutes(1));
        longest.put(Pattern.compile("cache:(user|product):.*"), Duration.ofSeconds(330));
        longest.put(Pattern.compile("\\{cache:(user|product):.*}:lease"), Duration.ofSeconds(5));
        longest.put(Pattern.compile("flag:.*"), Duration.ofHours(24));
        longest.put(Pattern.compile("presence:index:.*"), Duration.ofHours(1));
        longest.put(Pattern.compile("presence:.*|\\{presence:.*}:connections"), Duration.ofSeconds(10));
        return longest;
    }

    @Test
    void everyKeyExpiresInTimeAndNoSecretIsFoundAnywhere() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (RedisProcess process = RedisProcess.start();
                Jedis redis = process.jedis();
                ServerProcess killed = ServerProcess.start("redis.url: " + process.url() + SETTINGS);
                ServerProcess other = ServerProcess.start("redis.url: " + process.url() + SETTINGS)) {
            for (int i = 0; i < THREADS; i++) {
                ServerProcess server = i % 2 == 0 ? killed : other;
                var unused = threads.submit(() -> doEverything(server.channel()));
            }
            Eventually.within(Duration.ofSeconds(60), "enough keys", () -> redis.dbSize() > ENOUGH_KEYS);
            killed.kill();
            threads.shutdownNow();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();

            assertThat(kindsWithinTheirTime(redis))
                    .as("kinds of keys that were met")
                    .hasSize(LONGEST.size());
            String all = everythingIn(redis) + killed.log() + other.log();
            assertThat(secrets).hasSizeGreaterThan(500).noneMatch(all::contains);
        } finally {
            threads.shutdownNow();
        }
    }

    private void doEverything(Channel channel) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                doEverything(channel, UniqueIds.next());
            }
        } catch (StatusRuntimeException e) {
            // The server was killed, or the test is over.
        }
    }

    private void doEverything(Channel channel, String user) {
        RateLimitServiceGrpc.newBlockingStub(channel)
                .checkRate(CheckRateRequest.newBuilder()
                        .setUserId(user)
                        .setAction("login_attempts")
                        .setRequestId("r")
                        .build());

        var otp = OtpServiceGrpc.newBlockingStub(channel);
        var wish = IssueOtpRequest.newBuilder().setUserId(user).build();
        String code = otp.issueOtp(wish).getIssued().getCode();
        secrets.add(code);
        otp.verifyOtp(VerifyOtpRequest.newBuilder()
                .setUserId(user)
                .setCode(code)
                .setRequestId("v")
                .build());
        String another = UniqueIds.next();
        secrets.add(otp.issueOtp(wish.toBuilder().setUserId(another).build())
                .getIssued()
                .getCode());

        var tokens = TokenServiceGrpc.newBlockingStub(channel);
        var request = IssueLoginTokenRequest.newBuilder().setUserId(user).build();
        String token = tokens.issueLoginToken(request).getToken();
        secrets.add(token);
        tokens.consumeLoginToken(ConsumeLoginTokenRequest.newBuilder()
                .setUserId(user)
                .setToken(token)
                .setRequestId("c")
                .build());
        secrets.add(tokens.issueLoginToken(request).getToken());

        SessionServiceGrpc.newBlockingStub(channel)
                .setSessionFlag(SetSessionFlagRequest.newBuilder()
                        .setUserId(user)
                        .setFlag("seen")
                        .setTtl(com.google.protobuf.Duration.newBuilder().setSeconds(1800))
                        .build());
        FeatureFlagServiceGrpc.newBlockingStub(channel)
                .setFlag(SetFlagRequest.newBuilder()
                        .setFeature("search")
                        .setUserId(user)
                        .setValue("on")
                        .build());

        var cache = CacheServiceGrpc.newBlockingStub(channel);
        cache.getCachedUser(GetCachedUserRequest.newBuilder().setId(another).build()); // takes a lease
        cache.putCachedUser(PutCachedUserRequest.newBuilder()
                .setId(user)
                .setJson("{\"name\":\"Alice\"}")
                .build());
        cache.putCachedProduct(PutCachedProductRequest.newBuilder()
                .setId(user)
                .setNegative(true)
                .build());

        var presence = PresenceServiceGrpc.newBlockingStub(channel);
        presence.heartbeat(HeartbeatRequest.newBuilder().setUserId(user).build());
        presence.heartbeat(HeartbeatRequest.newBuilder()
                .setUserId(another)
                .setConnectionId("phone")
                .build());
    }

    /** Which of the kinds there are; fails at a key of another kind, or one that lives too long. */
    private static Set<Pattern> kindsWithinTheirTime(Jedis redis) {
        Set<Pattern> met = new HashSet<>();
        for (String key : redis.keys("*")) {
            Map.Entry<Pattern, Duration> kind = LONGEST.entrySet().stream()
                    .filter(candidate -> candidate.getKey().matcher(key).matches())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(key + " is of no kind"));
            long ttl = redis.pttl(key);
            boolean expired = ttl == -2;
            assertThat(expired || (ttl >= 0 && ttl <= kind.getValue().toMillis()))
                    .as("%s lives for %d ms", key, ttl)
                    .isTrue();
            met.add(kind.getKey());
        }
        return met;
    }

    private static String everythingIn(Jedis redis) {
        StringBuilder all = new StringBuilder();
        for (String key : redis.keys("*")) {
            all.append(key).append('\n');
            all.append(
                            switch (redis.type(key)) {
                                case "hash" -> redis.hgetAll(key);
                                case "zset" -> redis.zrange(key, 0, -1);
                                case "none" -> "expired";
                                default -> redis.get(key);
                            })
                    .append('\n');
        }
        return all.toString();
    }
}
