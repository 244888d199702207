package io.flowhub.ephemeral.server.redis;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.connection.ConnectionManager;
import org.redisson.connection.MasterSlaveEntry;

/** Which master a key is on, as far as Redisson knows: it looks once a second, and follows the moves it is told of. */
final class Masters {

    /** Where there is one master, or none, any key will do. */
    static final String ANY_KEY = "any";

    private static final Object THE_ONE = "the one master";
    private static final Object NOBODY = "no master";

    private final @Nullable ConnectionManager cluster;

    static Masters of(RedissonClient client) {
        boolean cluster = client.getConfig().isClusterConfig();
        return new Masters(cluster ? ((Redisson) client).getCommandExecutor().getConnectionManager() : null);
    }

    private Masters(@Nullable ConnectionManager cluster) {
        this.cluster = cluster;
    }

    /** One key on each master that has slots. */
    List<String> keyOfEach() {
        if (cluster == null) {
            return List.of(ANY_KEY);
        }
        Map<MasterSlaveEntry, String> keys = new LinkedHashMap<>();
        for (int slot = 0; slot < Slots.COUNT; slot++) {
            MasterSlaveEntry master = cluster.getEntry(slot);
            if (master != null && !keys.containsKey(master)) {
                keys.put(master, Slots.keyIn(slot));
            }
        }
        return keys.isEmpty() ? List.of(ANY_KEY) : List.copyOf(keys.values());
    }

    /** Something that stands for the master: equal for two keys if they are on the same. */
    Object of(String key) {
        if (cluster == null) {
            return THE_ONE;
        }
        Object master = cluster.getEntry(Slots.of(key));
        return master == null ? NOBODY : master;
    }
}
