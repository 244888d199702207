package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Redis ends a key when its time has passed, not when it comes: at PTTL 0 a user is still online. */
class LastMillisecondTest {

    private static final int CYCLES = 500;

    @Test
    void userIsOnlineInTheLastMillisecondAndNeverLostAfterIt() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                Jedis jedis = process.jedis();
                PresenceHarness door = new PresenceHarness(process.url(), Duration.ofMillis(4))) {
            PresenceAnnouncements announced = PresenceAnnouncements.of(door.redis());
            int inTheLastMillisecond = 0;
            List<String> users = new ArrayList<>();
            for (int cycle = 0; cycle < CYCLES || inTheLastMillisecond < 10; cycle++) {
                String user = "user-" + cycle;
                users.add(user);
                assertThat(door.beats().beat(new Heartbeat(user, "")).get(5, TimeUnit.SECONDS))
                        .isTrue();
                long left = door.claim(user);
                while (left != -2) {
                    inTheLastMillisecond += left == 0 ? 1 : 0;
                    left = door.claim(user);
                }
                assertThat(jedis.exists("presence:" + user)).as(user).isFalse();
            }
            String last = users.get(users.size() - 1);
            Eventually.within(
                    Duration.ofSeconds(5),
                    "2 announcements of last",
                    () -> announced.of(last).size() == 2);
            assertThat(users).allSatisfy(user -> assertThat(announced.of(user)).containsExactly(true, false));
        }
    }

    /** The sweeper sees some users in their last millisecond; a user it missed there would never go offline. */
    @Test
    void noUserIsMissedByASweeper() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                PresenceHarness door = new PresenceHarness(process.url(), Duration.ofMillis(10))) {
            PresenceAnnouncements announced = PresenceAnnouncements.of(door.redis());
            door.startSweeper();
            List<String> users = PresenceCalls.users("user", 2_000);
            for (String user : users) {
                door.beats().beat(new Heartbeat(user, "")).get(5, TimeUnit.SECONDS);
            }
            Eventually.within(
                    Duration.ofSeconds(10),
                    "every user is announced offline",
                    () -> announced.latest().size() == users.size()
                            && !announced.latest().containsValue(true));
            assertThat(announced.all()).hasSize(2 * users.size());
        }
    }
}
