package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;

/**
 * The memory of one master.
 *
 * @param routingKey a key that addresses an operation to this master
 * @param usedBytes -1 if Redis does not report it
 * @param maxBytes its share of the budget
 * @param keys includes expired keys that Redis has not removed yet; -1 if Redis does not permit to count them
 * @param readMillis time of the read by the clock of Redis, in ms since 1970
 * @param evictionPolicy its {@code maxmemory-policy}, such as {@code noeviction}; empty if Redis does not report it
 */
record MasterMemory(
        String routingKey, long usedBytes, long maxBytes, long keys, long readMillis, String evictionPolicy) {

    private static final Script MEMORY = Script.load("budget/memory");

    /** @param defaultMaxBytes applies if the master has no maxmemory of its own */
    static Operation<MasterMemory> readOperation(String routingKey, long defaultMaxBytes) {
        return new Operation<>(
                MEMORY, List.of(routingKey), List.of(), reply -> fromReply(reply, routingKey, defaultMaxBytes));
    }

    private static MasterMemory fromReply(Reply reply, String routingKey, long defaultMaxBytes) {
        long maxMemory = reply.number(1);
        return new MasterMemory(
                routingKey,
                reply.number(0),
                maxMemory > 0 ? maxMemory : defaultMaxBytes,
                reply.number(2),
                reply.number(3),
                reply.text(4));
    }

    /** Whether the memory in use is known. */
    boolean isMeasured() {
        return usedBytes >= 0;
    }

    /** The used share of the budget of this master: 1 if all of it is used. */
    double usedShare() {
        return (double) usedBytes / maxBytes;
    }
}
