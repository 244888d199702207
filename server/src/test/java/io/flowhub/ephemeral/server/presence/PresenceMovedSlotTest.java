package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.util.JedisClusterCRC16;

/** The slot of watched users moves to another master of a Cluster while they send heartbeats. */
@Tag("fault")
class PresenceMovedSlotTest {

    @Test
    void userWithHeartbeatsStaysOnlineAndASilentUserIsReportedOfflineOnce() throws Exception {
        try (RedisCluster cluster = RedisCluster.start();
                TestServer server = TestServer.start(cluster.yaml() + "\npresence.ttl: 2s")) {
            int slot = JedisClusterCRC16.getSlot("presence:user-0");
            List<String> users = List.of("user-0", "user-1", "user-2", sibling(slot, 1), sibling(slot, 2));
            String silent = users.get(3);
            try (BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(server.channel(), users, 300);
                    WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(users)) {
                heartbeats.stop(List.of(silent));
                cluster.moveSlot(slot);
                cluster.moveSlot(JedisClusterCRC16.getSlot("presence:index:" + silent.hashCode() % 16));
                watcher.await(false, silent);
                heartbeats.resume(List.of(silent));
                watcher.await(true, silent);
                heartbeats.stop(users);
                watcher.await(WatchPresenceReader.SOON, false, users);

                assertThat(watcher.kinds(silent))
                        .containsExactly(EventCase.SNAPSHOT, EventCase.OFFLINE, EventCase.ONLINE, EventCase.OFFLINE);
                assertThat(users)
                        .filteredOn(user -> !user.equals(silent))
                        .allSatisfy(user ->
                                assertThat(watcher.kinds(user)).containsExactly(EventCase.SNAPSHOT, EventCase.OFFLINE));
            }
        }
    }

    /** The n-th other user whose key is in this slot. */
    private static String sibling(int slot, int n) {
        int found = 0;
        for (int i = 1; ; i++) {
            String user = "user-" + i;
            if (JedisClusterCRC16.getSlot("presence:" + user) == slot && ++found == n) {
                return user;
            }
        }
    }
}
