package io.flowhub.ephemeral.bench.load;

import java.util.List;

/** A fixed number of calls in flight on each connection: each response starts the next call. */
final class ClosedLoop implements CallSchedule {

    private final List<LoadConnection> connections;
    private final Messages messages;
    private final int inFlight;
    private final long calls;
    private long started;

    ClosedLoop(List<LoadConnection> connections, Messages messages, int inFlight, long calls) {
        this.connections = connections;
        this.messages = messages;
        this.inFlight = inFlight;
        this.calls = calls;
    }

    @Override
    public long startDue(long nowNanos) {
        if (started == 0) {
            for (int i = 0; i < inFlight; i++) {
                connections.forEach(connection -> startNext(connection, nowNanos));
            }
        }
        return Long.MAX_VALUE;
    }

    @Override
    public void onCompleted(LoadConnection connection, long nowNanos) {
        startNext(connection, nowNanos);
    }

    private void startNext(LoadConnection connection, long nowNanos) {
        if (started < calls) {
            started++;
            connection.send(messages.next(), nowNanos);
        }
    }

    @Override
    public long calls() {
        return calls;
    }
}
