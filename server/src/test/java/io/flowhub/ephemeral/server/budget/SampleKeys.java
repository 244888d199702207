package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.KindUsage;
import io.grpc.Channel;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.SetParams;

/** Writes keys in the shapes of the features, and reads what the server reports about them. */
final class SampleKeys {

    static final List<String> KINDS =
            Features.keyKinds().stream().map(KeyKind::prefix).toList();

    static final String MAC = "kP2Xn0mQ7rJc5vT1yZ8uB4wE6sA9dF3gH5jK7lM0nOq";
    static final String CHALLENGE = "Zx3Cv5Bn7Ma9Sd1Fg3Hj5K";
    static final String USER = "{\"name\":\"" + "n".repeat(189) + "\"}";

    private static final long DAY_MILLIS = 86_400_000;

    /** A user id in the form of a MongoDB ObjectId. */
    static String userId(int i) {
        return "%024x".formatted(0x66f0_0000_0000L + i);
    }

    static void rate(Pipeline redis, int i) {
        redis.set("rate:" + userId(i) + ":login_attempts", "3", expiring(60_000_000));
    }

    static void otp(Pipeline redis, int i) {
        String key = "otp:" + userId(i);
        redis.hset(key, hash("mac", MAC, "challenge", CHALLENGE, "attempts", "0"));
        redis.pexpire(key, DAY_MILLIS);
    }

    static void guard(Pipeline redis, int i) {
        String key = "{otp:" + userId(i) + "}:guard";
        redis.hset(
                key,
                hash(
                        "hour",
                        "1795390046000",
                        "hour_wrong",
                        "3",
                        "day",
                        "1795390046000",
                        "day_wrong",
                        "3",
                        "issues",
                        "2"));
        redis.pexpire(key, DAY_MILLIS);
    }

    static void session(Pipeline redis, int i) {
        redis.set("session:" + userId(i) + ":otp_valid", "1", expiring(DAY_MILLIS));
    }

    static void token(Pipeline redis, int i) {
        redis.set("token:" + userId(i) + ":login", MAC, expiring(DAY_MILLIS));
    }

    static void flag(Pipeline redis, int i) {
        redis.set("flag:new_checkout:" + userId(i), "true", expiring(DAY_MILLIS));
    }

    static void cachedUser(Pipeline redis, int i) {
        redis.set("cache:user:" + userId(i), USER, expiring(DAY_MILLIS));
    }

    static void presence(Pipeline redis, int i) {
        redis.set("presence:" + userId(i), "online", expiring(DAY_MILLIS));
    }

    static void other(Pipeline redis, int i) {
        redis.set("foreign:" + i, "x".repeat(i % 100), expiring(DAY_MILLIS));
    }

    /** Fills Redis with big keys until it uses this share of the bytes. */
    static void fill(Jedis redis, double share, long max) {
        for (int i = 0; used(redis) < share * max; i++) {
            Pipeline pipeline = redis.pipelined();
            for (int j = 0; j < 20; j++) {
                pipeline.set("cache:product:p" + i + "-" + j, "x".repeat(4_000), expiring(DAY_MILLIS));
            }
            pipeline.sync();
        }
    }

    static long used(Jedis redis) {
        String info = redis.info("memory");
        int from = info.indexOf("used_memory:") + "used_memory:".length();
        return Long.parseLong(info.substring(from, info.indexOf('\r', from)));
    }

    static GetBudgetResponse budget(TestServer server) {
        return budget(server.channel());
    }

    static GetBudgetResponse budget(Channel channel) {
        return BudgetServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .getBudget(GetBudgetRequest.getDefaultInstance());
    }

    static KindUsage kind(String name, GetBudgetResponse budget) {
        List<KindUsage> found = budget.getKindsList().stream()
                .filter(kind -> kind.getKind().equals(name))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " entries of kind " + name + " (expected: 1) in " + budget);
        }
        return found.get(0);
    }

    /** The true bytes per kind, read key by key. */
    static Map<String, Long> bytesByKind(Jedis redis) {
        Map<String, Long> bytes = new LinkedHashMap<>();
        for (String key : redis.keys("*")) {
            String plain = key.startsWith("{") ? key.substring(1) : key;
            String kind = KINDS.stream()
                    .filter(name -> plain.startsWith(name + ":"))
                    .findFirst()
                    .orElse("other");
            bytes.merge(kind, redis.memoryUsage(key) + KindTotals.OVERHEAD_BYTES, Long::sum);
        }
        return bytes;
    }

    static void awaitUp(RedisClient client) {
        AtomicBoolean up = new AtomicBoolean();
        client.addAvailabilityListener(up::set);
        Eventually.within(Duration.ofSeconds(10), "Redis is available", up::get);
    }

    private static SetParams expiring(long millis) {
        return SetParams.setParams().px(millis);
    }

    private static Map<String, String> hash(String... pairs) {
        Map<String, String> hash = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            hash.put(pairs[i], pairs[i + 1]);
        }
        return hash;
    }

    private SampleKeys() {}
}
