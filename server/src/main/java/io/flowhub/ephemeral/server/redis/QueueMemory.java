package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.error.OverloadedException;
import java.util.List;

/**
 * Bounds the bytes of all calls of this server that are queued or in flight, whatever their script and master. Only large
 * calls are counted: the number of the others is bounded by {@code redis.max_queued_calls}. Thread-safe.
 */
final class QueueMemory {

    private static final int PERCENT_OF_HEAP = 8;

    /** The keys and arguments of most calls have 50 to 400 characters. */
    private static final int LARGE_FROM = 512;

    private final BoundedCount bytes;

    QueueMemory(long limit) {
        this.bytes = new BoundedCount(limit);
    }

    static QueueMemory ofHeap() {
        return new QueueMemory(Runtime.getRuntime().maxMemory() * PERCENT_OF_HEAP / 100);
    }

    /**
     * Reserves the memory of a call and of those that follow it, until they are complete, or fails them; returns whether
     * they can be queued.
     */
    boolean reserve(PendingCall<?> first) {
        long size = 0;
        for (PendingCall<?> call = first; call != null; call = call.next()) {
            size += characters(call.operation());
        }
        if (size < LARGE_FROM) {
            return true;
        }
        if (!bytes.tryReserve(size)) {
            first.failAll(new OverloadedException("calls of " + bytes.limit() + " bytes are queued already"));
            return false;
        }
        for (PendingCall<?> call = first; call != null; call = call.next()) {
            long released = characters(call.operation());
            var unused = call.future().whenComplete((result, failure) -> bytes.release(released));
        }
        return true;
    }

    private static long characters(Operation<?> operation) {
        List<String> args = operation.args();
        long keys = characters(operation.keys());
        return keys + (args instanceof SizedArgs sized ? sized.characters() : characters(args));
    }

    private static long characters(List<String> texts) {
        long sum = 0;
        for (int i = 0; i < texts.size(); i++) {
            sum += texts.get(i).length();
        }
        return sum;
    }
}
