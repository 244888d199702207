package io.flowhub.ephemeral.server.redis;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.connection.ConnectionManager;
import org.redisson.connection.MasterSlaveEntry;

/** The master of each key, as Redisson knows it: it polls the topology ({@link TopologyPolls}) and follows redirections. */
final class Masters implements ScriptExecutor.MasterTable {

    /** Addresses the only master; also used while no master is known. An ACL has to allow it, although it never exists. */
    static final String ANY_KEY = "ephemeral:any";

    private static final Object SINGLE = "the only master";
    private static final Object UNASSIGNED = "slot without a master";

    /** The only master; also used until Redis was reached. */
    static final Masters ONE = new Masters(null);

    private final @Nullable ConnectionManager cluster;

    static Masters of(RedissonClient client) {
        boolean cluster = client.getConfig().isClusterConfig();
        return cluster ? new Masters(((Redisson) client).getCommandExecutor().getConnectionManager()) : ONE;
    }

    private Masters(@Nullable ConnectionManager cluster) {
        this.cluster = cluster;
    }

    boolean isCluster() {
        return cluster != null;
    }

    /** One key on each master that has slots. */
    List<String> keyPerMaster() {
        if (cluster == null) {
            return List.of(ANY_KEY);
        }
        Map<MasterSlaveEntry, String> keys = new LinkedHashMap<>();
        for (int slot = 0; slot < Slots.COUNT; slot++) {
            MasterSlaveEntry master = cluster.getEntry(slot);
            if (master != null && !keys.containsKey(master)) {
                keys.put(master, ANY_KEY + ":{" + Slots.keyIn(slot) + "}");
            }
        }
        return keys.isEmpty() ? List.of(ANY_KEY) : List.copyOf(keys.values());
    }

    /** The names of one key on each master: the name itself, on a Cluster with a tag, as {@link #keyPerMaster}. */
    List<String> keys(String name) {
        return keyPerMaster().stream()
                .map(key -> name + key.substring(ANY_KEY.length()))
                .toList();
    }

    @Override
    public Object of(String key) {
        if (cluster == null) {
            return SINGLE;
        }
        Object master = cluster.getEntry(Slots.of(key));
        return master == null ? UNASSIGNED : master;
    }

    @Override
    public boolean contains(Object master) {
        return cluster == null || master == UNASSIGNED || cluster.getEntrySet().contains(master);
    }
}
