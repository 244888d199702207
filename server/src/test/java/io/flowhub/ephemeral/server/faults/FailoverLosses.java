package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.SentinelRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc.FeatureFlagServiceBlockingStub;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.Jedis;

/** A program that measures how many acknowledged writes a failover loses: the table in docs/faults.md. */
final class FailoverLosses {

    private static final int WRITERS = 4;
    private static final Duration BEFORE = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /** By user, how long after the start of the program the write was acknowledged, in nanoseconds. */
    private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();

    private final TestServer server;
    private volatile boolean writing = true;

    /** How many writes were acknowledged, and those that were lost as nanoseconds from the begin of the failover. */
    private record Result(int acknowledged, List<Long> lost, long withoutService) {

        @Override
        public String toString() {
            String when = lost.isEmpty()
                    ? ""
                    : ", acknowledged %d to %d ms after the failover began"
                            .formatted(min(lost) / 1_000_000, max(lost) / 1_000_000);
            return "%d of %d acknowledged writes lost%s; %d ms without a success"
                    .formatted(lost.size(), acknowledged, when, withoutService / 1_000_000);
        }

        private static long min(List<Long> values) {
            return values.stream().mapToLong(Long::longValue).min().orElse(0);
        }

        private static long max(List<Long> values) {
            return values.stream().mapToLong(Long::longValue).max().orElse(0);
        }
    }

    /**
     * Prints a line for each failover.
     *
     * @param arguments how many failovers of each kind
     */
    public static void main(String[] arguments) throws Exception {
        for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
            sentinel("Sentinel: kill -9 of the master", redis -> redis.master().kill());
            sentinel("Sentinel: SENTINEL FAILOVER", SentinelRedis::failOver);
            sentinel("Sentinel: SENTINEL FAILOVER, min-replicas-to-write 1", redis -> {
                requireReplica(redis.master());
                redis.failOver();
            });
            sentinel("Sentinel: master isolated", SentinelRedis::isolateMaster);
            sentinel("Sentinel: master isolated, min-replicas-to-write 1", redis -> {
                requireReplica(redis.master());
                redis.isolateMaster();
            });
            cluster(
                    "Cluster: kill -9 of a master",
                    (cluster, replica) -> cluster.masters().get(0).kill());
            cluster("Cluster: CLUSTER FAILOVER", RedisCluster::failOver);
        }
        System.exit(0);
    }

    private interface OfSentinel {
        void begin(SentinelRedis redis);
    }

    private interface OfCluster {
        void begin(RedisCluster cluster, RedisProcess replica);
    }

    private static void requireReplica(RedisProcess master) {
        try (Jedis jedis = master.jedis()) {
            jedis.configSet("min-replicas-max-lag", "1");
            jedis.configSet("min-replicas-to-write", "1");
        }
    }

    private static void sentinel(String name, OfSentinel failover) throws Exception {
        try (SentinelRedis redis = SentinelRedis.start();
                TestServer server = TestServer.start(redis.yaml())) {
            Result result = new FailoverLosses(server).measure(() -> failover.begin(redis), redis::awaitPromotion);
            System.out.println(name + ": " + result);
        }
    }

    private static void cluster(String name, OfCluster failover) throws Exception {
        try (RedisCluster cluster = RedisCluster.start()) {
            RedisProcess replica = cluster.addReplica(cluster.masters().get(0));
            try (TestServer server = TestServer.start(cluster.yaml())) {
                Result result = new FailoverLosses(server)
                        .measure(() -> failover.begin(cluster, replica), () -> cluster.awaitPromotion(replica));
                System.out.println(name + ": " + result);
            }
        }
    }

    private FailoverLosses(TestServer server) {
        this.server = server;
    }

    private Result measure(Runnable failover, Runnable awaitPromotion) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        for (int i = 0; i < WRITERS; i++) {
            threads.execute(this::write);
        }
        TimeUnit.MILLISECONDS.sleep(BEFORE.toMillis());
        long begin = System.nanoTime();
        failover.run();
        awaitPromotion.run();
        TimeUnit.SECONDS.sleep(5); // the server finds the new master, and the old one may still be written to
        int before = acknowledged.size();
        Eventually.within(LONGEST, "writes succeed again", () -> acknowledged.size() > before + 100);
        writing = false;
        threads.shutdown();
        if (!threads.awaitTermination(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("writers do not end");
        }
        List<Long> lost = new ArrayList<>();
        for (Map.Entry<String, Long> write : acknowledged.entrySet()) {
            if (isLost(write.getKey())) {
                lost.add(write.getValue() - begin);
            }
        }
        return new Result(acknowledged.size(), lost, longestPause());
    }

    private void write() {
        while (writing) {
            String user = UniqueIds.next();
            var request =
                    SetFlagRequest.newBuilder().setFeature("f").setUserId(user).setValue("on");
            try {
                var unused = flags().setFlag(request.build());
                acknowledged.put(user, System.nanoTime());
                TimeUnit.MILLISECONDS.sleep(2);
            } catch (StatusRuntimeException e) {
                // Redis is unavailable, and fails each call at once.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private boolean isLost(String user) {
        var request =
                GetFlagRequest.newBuilder().setFeature("f").setUserId(user).build();
        Optional<GetFlagResponse> response = Optional.empty();
        while (response.isEmpty()) {
            try {
                response = Optional.of(flags().getFlag(request));
            } catch (StatusRuntimeException e) {
                // again
            }
        }
        return response.get().getReason() == FlagReason.FLAG_REASON_DEFAULT;
    }

    private FeatureFlagServiceBlockingStub flags() {
        return FeatureFlagServiceGrpc.newBlockingStub(server.channel()).withDeadlineAfter(2, TimeUnit.SECONDS);
    }

    private long longestPause() {
        List<Long> times = acknowledged.values().stream().sorted().toList();
        long longest = 0;
        for (int i = 1; i < times.size(); i++) {
            longest = Math.max(longest, times.get(i) - times.get(i - 1));
        }
        return longest;
    }
}
