package io.flowhub.ephemeral.server.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.SentinelRedis;
import io.flowhub.ephemeral.server.fixture.TwoServers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Another Redis takes over while clients use two servers. Only what a failover may lose is lost. */
@Tag("fault")
@Tag("slow")
class FailoverTest {

    private static final Duration LONGEST_SETTLING = Duration.ofSeconds(60);

    @Test
    void promotedReplicaOfASentinelServesWhatIsWrittenAfterwards() throws Exception {
        try (SentinelRedis redis = SentinelRedis.start();
                TwoServers servers = TwoServers.start(redis.yaml() + "\n" + Workload.settings());
                Workload workload = start(servers)) {
            use();
            workload.stateMayBeLost();
            redis.master().kill();
            redis.awaitPromotion();
            servers.awaitReady();
            workload.stateIsKept();
            use();
            assertNoViolations(workload);
        }
    }

    @Test
    void failoverThatAClusterPlansLosesNothing() throws Exception {
        try (RedisCluster cluster = RedisCluster.start()) {
            RedisProcess replica = cluster.addReplica(cluster.masters().get(1));
            try (TwoServers servers = TwoServers.start(cluster.yaml() + "\n" + Workload.settings());
                    Workload workload = start(servers)) {
                use();
                cluster.failOver(replica);
                servers.awaitReady();
                use();
                assertNoViolations(workload);
            }
        }
    }

    @Test
    void slotsThatMoveUnderLoadLoseNothing() throws Exception {
        try (RedisCluster cluster = RedisCluster.start();
                TwoServers servers = TwoServers.start(cluster.yaml() + "\n" + Workload.settings());
                Workload workload = start(servers);
                Jedis source = cluster.masters().get(0).jedis()) {
            use();
            for (int moved = 0; moved < 30; moved++) {
                String key = source.randomKey();
                if (key != null) {
                    cluster.moveSlot(JedisClusterCRC16.getSlot(key), 0, 1);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
            assertNoViolations(workload);
        }
    }

    private static Workload start(TwoServers servers) {
        return Workload.start(
                List.of(servers.first().authority(), servers.second().authority()));
    }

    private static void use() throws InterruptedException {
        TimeUnit.SECONDS.sleep(3);
    }

    private static void assertNoViolations(Workload workload) {
        workload.settle(LONGEST_SETTLING);
        assertThat(workload.violations()).as(workload.summary()).isEmpty();
    }
}
