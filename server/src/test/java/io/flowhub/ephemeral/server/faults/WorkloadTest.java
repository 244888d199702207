package io.flowhub.ephemeral.server.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TwoServers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The workload finds nothing while nothing happens. */
@Tag("fault")
class WorkloadTest {

    @Test
    void twoServersOnOneRedisBehaveAsOneSequentialServer() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TwoServers servers = TwoServers.start("redis.url: " + redis.url() + "\n" + Workload.settings());
                Workload workload = Workload.start(
                        List.of(servers.first().authority(), servers.second().authority()))) {
            TimeUnit.SECONDS.sleep(5);
            workload.settle(Duration.ofSeconds(60));

            assertThat(workload.violations()).as(workload.summary()).isEmpty();
        }
    }
}
