package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheOutageTest {

    private final String id = UniqueIds.next();

    @Test
    void c10_everyCallIsUnavailableInTimeSoThatTheCallerCanAskItsDatabase() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            CachedUserCalls users = new CachedUserCalls(server.channel());
            String lease = users.get(id).getLease();
            assertThat(lease).isNotEmpty();
            redis.kill();
            for (int i = 0; i < 3; i++) {
                StatusAssert.unavailableSoon(() -> users.get(id));
                StatusAssert.unavailableSoon(() -> users.getAll(List.of(id, UniqueIds.next())));
                StatusAssert.unavailableSoon(() -> users.put(id, "{}", lease));
                StatusAssert.unavailableSoon(() -> users.evict(id));
            }
            redis.restart();
            Eventually.within(Duration.ofSeconds(2), () -> {
                try {
                    return !users.get(id).getLease().isEmpty();
                } catch (StatusRuntimeException notYet) {
                    return false;
                }
            });
            assertThat(users.put(id, "{}", lease)).as("with a lease of before").isFalse();
        }
    }

    @Test
    void c10_frozenRedisIsNoHang() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            CachedUserCalls users = new CachedUserCalls(server.channel());
            users.put(id, "{}");
            redis.freeze();
            for (int i = 0; i < 3; i++) {
                StatusAssert.unavailableSoon(() -> users.get(id));
            }
            redis.thaw();
            Eventually.within(Duration.ofSeconds(2), () -> {
                try {
                    return users.get(id).getJson().equals("{}");
                } catch (StatusRuntimeException notYet) {
                    return false;
                }
            });
        }
    }
}
