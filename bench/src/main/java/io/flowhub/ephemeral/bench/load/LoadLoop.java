package io.flowhub.ephemeral.bench.load;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The connections of one method, and the only thread that uses them. */
final class LoadLoop implements LoadConnection.Listener, AutoCloseable {

    private static final long SELECT_MILLIS = 1_000;
    private static final long HANGS_AFTER_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final Selector selector = Selector.open();
    private final Alarm alarm = new Alarm(selector);
    private final List<LoadConnection> connections = new ArrayList<>();
    private CallSchedule schedule = new ClosedLoop(connections, () -> new byte[0], 0, 0);
    private Outcomes outcomes = new Outcomes();
    private LatencyHistogram latencies = new LatencyHistogram();
    private long completed;
    private long nowNanos;

    LoadLoop(int port, LoadMethod method, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            connections.add(
                    method.isRedis()
                            ? new RespConnection(port, selector, this)
                            : new Http2Connection(port, method, selector, this));
        }
        long begin = System.nanoTime();
        while (!connections.stream().allMatch(LoadConnection::isReady)) {
            turn(Long.MAX_VALUE);
            require(System.nanoTime() - begin, "the server sends no settings");
        }
    }

    List<LoadConnection> connections() {
        return connections;
    }

    /** Returns when all calls of the schedule have ended. */
    Figures run(CallSchedule calls) throws IOException {
        schedule = calls;
        outcomes = new Outcomes();
        latencies = new LatencyHistogram();
        completed = 0;
        long beginCpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long begin = System.nanoTime();
        nowNanos = begin;
        long lastCompleted = 0;
        long lastProgress = begin;
        while (completed < calls.calls()) {
            turn(calls.startDue(nowNanos));
            if (completed > lastCompleted) {
                lastCompleted = completed;
                lastProgress = nowNanos;
            }
            require(
                    nowNanos - lastProgress,
                    "no response, " + completed + " of " + calls.calls() + " calls have ended");
        }
        alarm.set(Long.MAX_VALUE);
        return new Figures(
                completed,
                System.nanoTime() - begin,
                ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - beginCpu,
                outcomes,
                latencies);
    }

    private void turn(long nextDueNanos) throws IOException {
        for (LoadConnection connection : connections) {
            connection.flush();
        }
        if (nextDueNanos != Long.MAX_VALUE) {
            alarm.set(nextDueNanos);
        }
        selector.select(this::onReady, SELECT_MILLIS);
        nowNanos = System.nanoTime();
    }

    private void onReady(SelectionKey key) {
        if (key.isReadable()) {
            nowNanos = System.nanoTime();
            try {
                ((LoadConnection) key.attachment()).read();
            } catch (IOException e) {
                throw new IllegalStateException("a connection failed", e);
            }
        }
    }

    @Override
    public void onCompleted(LoadConnection connection, long scheduledNanos, int outcome) {
        completed++;
        outcomes.add(outcome);
        latencies.record(nowNanos - scheduledNanos);
        schedule.onCompleted(connection, nowNanos);
    }

    private static void require(long nanosWithoutProgress, String failure) {
        if (nanosWithoutProgress > HANGS_AFTER_NANOS) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void close() throws IOException {
        alarm.close();
        for (LoadConnection connection : connections) {
            connection.close();
        }
        selector.close();
    }
}
