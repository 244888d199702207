package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The connection that receives announcements breaks again and again: the states of lost ones are read. */
@Tag("fault")
class LostSubscriptionTest {

    private static final int SECONDS = 6;
    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void watcherEndsWithTheRightStateOfAllUsers() throws Exception {
        List<String> users = PresenceCalls.users("user", 300);
        Random random = new Random(5);
        try (TestServer server = TestServer.withRedis("presence.ttl: 1s");
                WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(users);
                BackgroundHeartbeats heartbeats =
                        new BackgroundHeartbeats(server.channel(), users.subList(0, 10), 300)) {
            for (int i = 0; i < SECONDS * 10; i++) {
                if (i % 10 == 0) {
                    server.redis().killSubscriptions();
                }
                List<String> some = users.subList(random.nextInt(150), 150 + random.nextInt(150));
                if (i % 2 == 0) {
                    heartbeats.resume(some);
                } else {
                    heartbeats.stop(some);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
            List<String> online = users.subList(0, 100);
            heartbeats.stop(users);
            heartbeats.resume(online);
            server.redis().killSubscriptions();

            watcher.await(SOON, true, online);
            watcher.await(SOON, false, users.subList(100, 300));
        }
    }
}
