package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/**
 * Bounds what all streams of this server hold in memory together, so that their number cannot end the process. Watching and
 * messages have an account each: neither can use up the memory of the other.
 *
 * @param watches the streams themselves and the ids that they watch; beyond it a stream ends
 * @param messages that are not sent yet; beyond it streams lose their oldest messages
 */
public record StreamMemory(BoundedCount watches, BoundedCount messages) {

    private static final int WATCHES_PERCENT = 11;
    private static final int MESSAGES_PERCENT = 7;

    /** Registers how much of both accounts is in use. */
    public void register(PrometheusRegistry metrics) {
        Metrics.gauge(
                metrics,
                "ephemeral_stream_memory_bytes",
                "Bytes that all streams hold: themselves, the ids that they watch, and messages that are not sent yet",
                () -> watches.reserved() + messages.reserved());
        Metrics.gauge(
                metrics,
                "ephemeral_stream_memory_max_bytes",
                "Bytes that all streams may hold",
                () -> watches.limit() + messages.limit());
    }

    /** Shares of the maximum heap. */
    public static StreamMemory ofHeap() {
        long heap = Runtime.getRuntime().maxMemory();
        return new StreamMemory(
                new BoundedCount(heap * WATCHES_PERCENT / 100), new BoundedCount(heap * MESSAGES_PERCENT / 100));
    }
}
