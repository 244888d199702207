package io.flowhub.ephemeral.bench.load;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Calls at fixed times, whether responses arrive or not, on the connections in turn. The latency of a call counts from its
 * scheduled time, so a call that starts late because others take long is not left out.
 */
final class OpenLoop implements CallSchedule {

    private final List<LoadConnection> connections;
    private final Messages messages;
    private final double nanosBetweenCalls;
    private final long calls;
    private long beginNanos;
    private long started;

    OpenLoop(List<LoadConnection> connections, Messages messages, double perSecond, long calls) {
        this.connections = connections;
        this.messages = messages;
        this.nanosBetweenCalls = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.calls = calls;
    }

    @Override
    public long startDue(long nowNanos) {
        if (started == 0) {
            beginNanos = nowNanos;
        }
        while (started < calls) {
            long due = beginNanos + (long) (started * nanosBetweenCalls);
            if (due > nowNanos) {
                return due;
            }
            connections.get((int) (started++ % connections.size())).send(messages.next(), due);
        }
        return Long.MAX_VALUE;
    }

    @Override
    public void onCompleted(LoadConnection connection, long nowNanos) {}

    @Override
    public long calls() {
        return calls;
    }
}
