package io.flowhub.ephemeral.server;

import static io.flowhub.ephemeral.server.RpcCatalog.rpc;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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

    /** The longest TTL of each kind of key, as in docs/reference/keys.md. The first pattern that matches applies. */
    private static final List<Kind> KINDS = List.of(
            new Kind("rate:.*:login_attempts|\\{rate:.*:login_attempts}:request:.*", Duration.ofMinutes(1)),
            new Kind("otp:.*|\\{otp:.*}:result:.*", Duration.ofMinutes(5)),
            new Kind("\\{otp:.*}:guard", Duration.ofHours(24)),
            new Kind("session:.*:otp_valid", Duration.ofMinutes(5)),
            new Kind("session:.*", Duration.ofMinutes(30)),
            new Kind("token:.*:login", Duration.ofMinutes(10)),
            new Kind("\\{token:.*}:request:.*", Duration.ofMinutes(1)),
            new Kind("cache:(user|product):.*", Duration.ofSeconds(330)),
            new Kind("\\{cache:(user|product):.*}:lease", Duration.ofSeconds(5)),
            new Kind("flag:.*", Duration.ofHours(24)),
            new Kind("presence:index:.*", Duration.ofHours(1)),
            new Kind("presence:.*|\\{presence:.*}:connections", Duration.ofSeconds(10)));

    /** Requests without a secret. {@code $} is the id of the user, {@code $-2} that of a second one. */
    private static final List<Rpc> CALLS = List.of(
            rpc(RateLimitServiceGrpc.getCheckRateMethod(), "user_id: '$' action: 'login_attempts' request_id: 'r'"),
            rpc(SessionServiceGrpc.getSetSessionFlagMethod(), "user_id: '$' flag: 'seen' ttl {seconds: 1800}"),
            rpc(FeatureFlagServiceGrpc.getSetFlagMethod(), "feature: 'search' user_id: '$' value: 'on'"),
            rpc(CacheServiceGrpc.getGetCachedUserMethod(), "id: '$-2'"), // takes a lease
            rpc(CacheServiceGrpc.getPutCachedUserMethod(), "id: '$' json: '{\"name\":\"Alice\"}'"),
            rpc(CacheServiceGrpc.getPutCachedProductMethod(), "id: '$' negative: true"),
            rpc(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: '$'"),
            rpc(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: '$-2' connection_id: 'phone'"));

    private final Queue<String> secrets = new ConcurrentLinkedQueue<>();

    private record Kind(String keys, Duration longest) {}

    @Test
    void everyKeyExpiresInTimeAndNoSecretIsFoundAnywhere() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (RedisProcess process = RedisProcess.start();
                Jedis redis = process.jedis();
                ServerProcess killed = ServerProcess.start("redis.url: " + process.url() + SETTINGS);
                ServerProcess other = ServerProcess.start("redis.url: " + process.url() + SETTINGS)) {
            for (int i = 0; i < THREADS; i++) {
                ServerProcess server = i % 2 == 0 ? killed : other;
                var unused = threads.submit(() -> doEverything(new RpcCaller(server.channel())));
            }
            Eventually.within(Duration.ofSeconds(60), "enough keys", () -> redis.dbSize() > ENOUGH_KEYS);
            killed.kill();
            threads.shutdownNow();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();

            assertThat(kindsWithinTheirTime(redis))
                    .as("kinds of keys that were met")
                    .hasSize(KINDS.size());
            String all = everythingIn(redis) + killed.log() + other.log();
            assertThat(secrets).hasSizeGreaterThan(500).noneMatch(all::contains);
        } finally {
            threads.shutdownNow();
        }
    }

    private void doEverything(RpcCaller caller) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                doEverything(caller, UniqueIds.next());
            }
        } catch (StatusRuntimeException e) {
            // The server was killed, or the test is over.
        }
    }

    private void doEverything(RpcCaller caller, String user) {
        CALLS.forEach(call -> caller.call(call, call.validRequest(user)));

        String code = issueOtp(caller, user);
        caller.call(OtpServiceGrpc.getVerifyOtpMethod(), user, "user_id: '$' request_id: 'v' code: '" + code + "'");
        issueOtp(caller, user + "-2");

        String token = issueToken(caller, user);
        String consume = "user_id: '$' request_id: 'c' token: '" + token + "'";
        caller.call(TokenServiceGrpc.getConsumeLoginTokenMethod(), user, consume);
        issueToken(caller, user);
    }

    private String issueOtp(RpcCaller caller, String user) {
        var response = caller.call(OtpServiceGrpc.getIssueOtpMethod(), user, "user_id: '$'");
        secrets.add(response.getIssued().getCode());
        return response.getIssued().getCode();
    }

    private String issueToken(RpcCaller caller, String user) {
        var response = caller.call(TokenServiceGrpc.getIssueLoginTokenMethod(), user, "user_id: '$'");
        secrets.add(response.getToken());
        return response.getToken();
    }

    /** Which of the kinds there are; fails at a key of another kind, or one that lives too long. */
    private static Set<Kind> kindsWithinTheirTime(Jedis redis) {
        Set<Kind> met = new HashSet<>();
        for (String key : redis.keys("*")) {
            Kind kind = KINDS.stream()
                    .filter(candidate -> key.matches(candidate.keys()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(key + " is of no kind"));
            long ttl = redis.pttl(key); // -2 when it has expired
            assertThat(ttl).as(key).isBetween(-2L, kind.longest().toMillis()).isNotEqualTo(-1);
            met.add(kind);
        }
        return met;
    }

    private static String everythingIn(Jedis redis) {
        StringBuilder all = new StringBuilder();
        for (String key : redis.keys("*")) {
            Object value = switch (redis.type(key)) {
                case "hash" -> redis.hgetAll(key);
                case "zset" -> redis.zrange(key, 0, -1);
                case "none" -> "expired";
                default -> redis.get(key);
            };
            all.append(key).append('\n').append(value).append('\n');
        }
        return all.toString();
    }
}
