package io.flowhub.ephemeral.server.redis;

import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.connection.ConnectionManager;

/** Which master a key is on, as far as Redisson knows: it looks once a second, and follows the moves it is told of. */
final class Masters {

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

    /** Something that stands for the master: equal for two keys if they are on the same. */
    Object of(String key) {
        if (cluster == null) {
            return THE_ONE;
        }
        Object master = cluster.getEntry(Slots.of(key));
        return master == null ? NOBODY : master;
    }
}
