package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.KindUsage;
import io.grpc.Channel;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.SetParams;

/** Writes keys in the shapes of the features, and reads what the server reports about them. */
final class SampleKeys {

    static final List<String> KINDS =
            Features.keyKinds().stream().map(KeyKind::prefix).toList();

    static final String USER = "{\"name\":\"" + "n".repeat(189) + "\"}";

    private static final String MAC = "kP2Xn0mQ7rJc5vT1yZ8uB4wE6sA9dF3gH5jK7lM0nOq";
    private static final long DAY_MILLIS = 86_400_000;

    /** The key of a user, its kind, and its value. */
    enum Sample {
        RATE("rate", "rate:%s:login_attempts", "3"),
        OTP("otp", "otp:%s", MAC + "Zx3Cv5Bn7Ma9Sd1Fg3Hj5K" + MAC),
        GUARD("otp", "{otp:%s}:guard", "g".repeat(43)),
        SESSION("session", "session:%s:otp_valid", "1"),
        TOKEN("token", "token:%s:login", MAC),
        FLAG("flag", "flag:new_checkout:%s", "true"),
        CACHED_USER("cache:user", "cache:user:%s", USER),
        PRESENCE("presence", "presence:%s", "online"),
        FOREIGN("other", "foreign:%s", "");

        final String kind;
        private final String format;
        private final String value;

        Sample(String kind, String format, String value) {
            this.kind = kind;
            this.format = format;
            this.value = value;
        }

        String key(int i) {
            return format.formatted(userId(i));
        }

        private void write(Pipeline redis, int i) {
            redis.set(key(i), this == FOREIGN ? "x".repeat(i % 100) : value, expiring());
        }
    }

    /** Writes the keys of this many users. */
    static void write(Jedis redis, Sample sample, int count) {
        Pipeline pipeline = redis.pipelined();
        IntStream.range(0, count).forEach(i -> sample.write(pipeline, i));
        pipeline.sync();
    }

    /** A user id in the form of a MongoDB ObjectId. */
    static String userId(int i) {
        return "%024x".formatted(0x66f0_0000_0000L + i);
    }

    /** Fills Redis with big keys until it uses this share of the bytes. */
    static void fill(Jedis redis, double share, long max) {
        for (int i = 0; used(redis) < share * max; i++) {
            Pipeline pipeline = redis.pipelined();
            for (int j = 0; j < 20; j++) {
                pipeline.set("cache:product:p" + i + "-" + j, "x".repeat(4_000), expiring());
            }
            pipeline.sync();
        }
    }

    static long used(Jedis redis) {
        String info = redis.info("memory");
        int from = info.indexOf("used_memory:") + "used_memory:".length();
        return Long.parseLong(info.substring(from, info.indexOf('\r', from)));
    }

    static GetBudgetResponse budget(Channel channel) {
        return BudgetServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .getBudget(GetBudgetRequest.getDefaultInstance());
    }

    static KindUsage kind(String name, GetBudgetResponse budget) {
        return assertThat(budget.getKindsList())
                .filteredOn(kind -> kind.getKind().equals(name))
                .singleElement()
                .actual();
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

    /** The memory once it is stable: a hash table that grows exists twice for a moment. */
    static long stableUse(Jedis redis, long tolerance) {
        AtomicLong last = new AtomicLong(-1);
        Eventually.within(Duration.ofSeconds(20), "the memory in use is stable", () -> {
            TimeUnit.MILLISECONDS.sleep(500);
            long used = used(redis);
            return Math.abs(used - last.getAndSet(used)) < tolerance;
        });
        return last.get();
    }

    static BudgetStore store(String yaml, RedisClient client, MemoryPressure pressure, Ticker ticker) {
        return new BudgetStore(
                TestServer.settings(yaml).get(BudgetSettings.GROUP),
                KINDS,
                client,
                pressure,
                ticker,
                new BudgetMetrics(new PrometheusRegistry(), ticker));
    }

    private static SetParams expiring() {
        return SetParams.setParams().px(DAY_MILLIS);
    }

    private SampleKeys() {}
}
