package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

/** Heartbeats race the expiry of their users, while two servers sweep. */
@Tag("contract")
class HeartbeatsRacingExpiryTest {

    private static final int HEARTBEATS = 100_000;
    private static final int CONCURRENT = 50;

    /** A fast machine continues until the race has had this many transitions to offline. */
    private static final int TRANSITIONS = 1_000;

    private static final Duration TTL = Duration.ofMillis(8);

    @Test
    @Timeout(60)
    void lastAnnouncementOfEachUserAgreesWithTheKey() throws Exception {
        List<String> users = PresenceCalls.users("user", 200);
        Random random = new Random(1);
        try (RedisProcess process = RedisProcess.start();
                Jedis jedis = process.jedis();
                PresenceHarness one = new PresenceHarness(process.url(), TTL);
                PresenceHarness other = new PresenceHarness(process.url(), TTL);
                PresenceHarness steady = new PresenceHarness(process.url(), Duration.ofSeconds(60))) {
            PresenceAnnouncements announced = PresenceAnnouncements.subscribe(one.redis());
            Eventually.within( // in its first second Redis announces no user offline
                    Duration.ofSeconds(5),
                    "Redis is up for a second",
                    () -> !jedis.info("server").contains("uptime_in_seconds:0"));
            one.startSweeper();
            other.startSweeper();
            for (int sent = 0; sent < HEARTBEATS || transitionsToOffline(announced) < TRANSITIONS; sent += CONCURRENT) {
                List<CompletableFuture<Boolean>> heartbeats = new ArrayList<>();
                for (int i = 0; i < CONCURRENT; i++) {
                    String user = users.get(random.nextInt(users.size()));
                    PresenceHarness harness = i % 2 == 0 ? one : other;
                    heartbeats.add(harness.startHeartbeat(user));
                }
                for (CompletableFuture<Boolean> heartbeat : heartbeats) {
                    heartbeat.get(5, TimeUnit.SECONDS);
                }
            }
            for (String user : users.subList(0, 100)) { // half of the users end online
                steady.heartbeat(user);
            }
            Eventually.within(
                    Duration.ofSeconds(20),
                    "the keys agree with the announcements",
                    () -> users.stream()
                            .allMatch(user -> Boolean.valueOf(jedis.exists("presence:" + user))
                                    .equals(announced.latest().get(user))));

            assertThat(announced.latest()).hasSize(users.size()).containsValues(true, false);
        }
    }

    private static long transitionsToOffline(PresenceAnnouncements announced) {
        return announced.all().stream().filter(state -> !state.online()).count();
    }
}
