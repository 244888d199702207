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
     * Stands for an optional key that a call does not have. By convention that is the first key again: all keys of a call
     * must have one slot, which an empty key does not.
     */
    public static String noKey(String firstKey) {
        return firstKey;
    }
}
