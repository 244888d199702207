package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.function.Function;

/**
 * One call of a script.
 *
 * @param keys all in one slot of a Cluster
 * @param decoder reads the reply; runs on a network thread, so it must be short
 */
public record Operation<T>(Script script, List<String> keys, List<String> args, Function<Reply, T> decoder) {

    /**
     * Checks the operation against the header of the script.
     *
     * @throws IllegalArgumentException if the header declares another number of keys or arguments
     */
    public Operation {
        script.header().requireSizes(script.toString(), keys.size(), args.size());
    }

    /**
     * Placeholder for an absent optional key: the first key, because all keys need one slot. Scripts compare it with
     * {@code KEYS[k]}.
     */
    public static String noKey(String firstKey) {
        return firstKey;
    }
}
