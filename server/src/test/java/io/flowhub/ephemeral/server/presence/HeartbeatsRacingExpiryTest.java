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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

/** Users whose heartbeats come just as their time ends, and two servers that look for the silent ones. */
class HeartbeatsRacingExpiryTest {

    private static final int BEATS = 100_000;
    private static final int AT_ONCE = 50;

    /** A fast machine goes on until so many went offline in the race. */
    private static final int STEPS = 1_000;

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
            PresenceAnnouncements announced = PresenceAnnouncements.of(one.redis());
            Eventually.within( // a Redis that was just started announces nobody
                    Duration.ofSeconds(5), () -> !jedis.info("server").contains("uptime_in_seconds:0"));
            one.startSweeper();
            other.startSweeper();
            for (int sent = 0; sent < BEATS || stepsToOffline(announced) < STEPS; sent += AT_ONCE) {
                List<CompletableFuture<Boolean>> beats = new ArrayList<>();
                for (int i = 0; i < AT_ONCE; i++) {
                    String user = users.get(random.nextInt(users.size()));
                    PresenceHarness door = i % 2 == 0 ? one : other;
                    beats.add(door.beats().beat(new Heartbeat(user, "")));
                }
                for (CompletableFuture<Boolean> beat : beats) {
                    beat.get(5, TimeUnit.SECONDS);
                }
            }
            for (String user : users.subList(0, 100)) { // half of them end online
                steady.beats().beat(new Heartbeat(user, "")).get(5, TimeUnit.SECONDS);
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

    private static long stepsToOffline(PresenceAnnouncements announced) {
        return announced.all().stream().filter(state -> !state.online()).count();
    }
}
