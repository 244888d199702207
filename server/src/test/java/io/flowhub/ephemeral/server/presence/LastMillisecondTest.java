package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Redis expires a key after its last millisecond: at PTTL 0 a user is still online. */
@Tag("contract")
class LastMillisecondTest {

    private static final int CYCLES = 500;

    @Test
    void userIsOnlineInTheLastMillisecondAndAnnouncedOfflineAfterIt() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                Jedis jedis = process.jedis();
                PresenceHarness harness = new PresenceHarness(process.url(), Duration.ofMillis(4))) {
            PresenceAnnouncements announced = PresenceAnnouncements.subscribe(harness.redis());
            int inTheLastMillisecond = 0;
            List<String> users = new ArrayList<>();
            for (int cycle = 0; cycle < CYCLES || inTheLastMillisecond < 10; cycle++) {
                String user = "user-" + cycle;
                users.add(user);
                assertThat(harness.heartbeat(user)).isTrue();
                long left = harness.announceIfOffline(user);
                while (left != -2) {
                    inTheLastMillisecond += left == 0 ? 1 : 0;
                    left = harness.announceIfOffline(user);
                }
                assertThat(jedis.exists("presence:" + user)).as(user).isFalse();
            }
            String last = users.get(users.size() - 1);
            Eventually.within(
                    Duration.ofSeconds(5),
                    "2 announcements of the last user",
                    () -> announced.of(last).size() == 2);
            assertThat(users).allSatisfy(user -> assertThat(announced.of(user)).containsExactly(true, false));
        }
    }

    /** The sweeper checks some users in their last millisecond. If it missed one, that user would never go offline. */
    @Test
    void noUserIsMissedByASweeper() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                PresenceHarness harness = new PresenceHarness(process.url(), Duration.ofMillis(10))) {
            PresenceAnnouncements announced = PresenceAnnouncements.subscribe(harness.redis());
            harness.startSweeper();
            List<String> users = PresenceCalls.users("user", 2_000);
            for (String user : users) {
                harness.heartbeat(user);
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
