package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The cache during an outage of Redis. */
@Tag("fault")
class CacheOutageTest {

    private final String id = UniqueIds.next();

    @Test
    void leaseFromBeforeAnOutageStoresNothing() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            CachedUserCalls users = new CachedUserCalls(server.channel());
            String lease = users.get(id).getLease();
            assertThat(lease).isNotEmpty();
            redis.kill();
            StatusAssert.unavailableSoon(() -> users.put(id, "{}", lease));
            redis.restart();
            String next = Retry.untilAvailable(
                    Duration.ofSeconds(5), () -> users.get(id).getLease());
            assertThat(next).isNotEmpty().isNotEqualTo(lease);
            assertThat(users.put(id, "{}", lease)).isFalse();
        }
    }
}
