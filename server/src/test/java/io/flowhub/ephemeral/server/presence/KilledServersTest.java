package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One of several servers is killed while the heartbeats of hundreds of users stop: the others report them all. */
@Tag("fault")
class KilledServersTest {

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void eachSilentUserIsReportedOfflineOnceBySurvivors(int servers) throws Exception {
        List<ServerProcess> running = new ArrayList<>();
        try (RedisProcess redis = RedisProcess.start()) {
            for (int i = 0; i < servers; i++) {
                running.add(ServerProcess.start("redis.url: " + redis.url() + "\npresence.ttl: 1s"));
            }
            ServerProcess killed = running.get(0);
            ServerProcess survivor = running.get(servers - 1);
            List<String> users = PresenceCalls.users("user", 900);
            try (WatchPresenceReader watcher = new PresenceCalls(survivor.channel()).watch(users);
                    Gateway gateway = new PresenceCalls(survivor.channel()).gateway()) {
                killed.awaitReady();
                Random random = new Random(servers);
                for (int from = 0; from < users.size(); from += 90) { // the groups expire one after the other
                    gateway.heartbeat(users.subList(from, from + 90));
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
                }
                Eventually.within(
                        Duration.ofSeconds(20),
                        "more than 100 OFFLINE events",
                        () -> watcher.usersOf(EventCase.OFFLINE).size() > 100);
                killed.kill();
                watcher.await(Duration.ofSeconds(20), false, users);
                assertThat(watcher.usersOf(EventCase.ONLINE)).containsExactlyInAnyOrderElementsOf(users);
                assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(users);
            }
        } finally {
            running.forEach(ServerProcess::close);
        }
    }
}
