package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;

/**
 * What one master says of its memory.
 *
 * @param steeringKey sends an operation to this master
 * @param maxBytes its share of the budget
 * @param keys with those that have expired and that Redis has not removed yet
 * @param readMillis when, by the clock of Redis, in ms since 1970
 * @param evictionPolicy what Redis does when it is full, such as {@code noeviction}
 */
record MasterMemory(
        String steeringKey, long usedBytes, long maxBytes, long keys, long readMillis, String evictionPolicy) {

    private static final Script MEMORY = Script.load("budget/memory");

    /** @param bytesWithoutLimit what the master may use if it has no maxmemory of its own */
    static Operation<MasterMemory> read(String steeringKey, long bytesWithoutLimit) {
        return new Operation<>(
                MEMORY, List.of(steeringKey), List.of(), reply -> of(reply, steeringKey, bytesWithoutLimit));
    }

    private static MasterMemory of(Reply reply, String steeringKey, long bytesWithoutLimit) {
        long limit = reply.number(1);
        return new MasterMemory(
                steeringKey,
                reply.number(0),
                limit > 0 ? limit : bytesWithoutLimit,
                reply.number(2),
                reply.number(3),
                reply.text(4));
    }

    double share() {
        return (double) usedBytes / maxBytes;
    }
}
