package io.flowhub.ephemeral.server.metrics;

import com.github.benmanes.caffeine.cache.Ticker;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Measures every call, with the names of gRFC A66. A call costs one object, one look-up by the name of its method and two
 * readings of the time. Message sizes are counters instead of histograms: a histogram has a dozen series for each method.
 */
public final class CallMetrics extends ServerStreamTracer.Factory {

    /** Of the 41 bounds of A66 those that differ by a factor of three to five: each is a series for each method and status. */
    private static final double[] SECONDS = {0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.5};

    private static final String OTHER = "other";
    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Ticker ticker;
    private final Counter started;
    private final Counter sent;
    private final Counter received;
    private final Histogram durations;
    private final Gauge streams;
    private final Map<String, Method> methods;

    /** A caller can invent any number of names. */
    private final Method unknown;

    /** @param methods all that the server has */
    public CallMetrics(PrometheusRegistry registry, Ticker ticker, Collection<MethodDescriptor<?, ?>> methods) {
        this.ticker = ticker;
        String method = "grpc_method";
        this.started = Metrics.counter(
                registry, "grpc_server_call_started_total", "Calls that have started, streams included", method);
        this.sent = Metrics.counter(
                registry,
                "grpc_server_call_sent_total_compressed_message_size_bytes_total",
                "Bytes of the messages that were sent",
                method);
        this.received = Metrics.counter(
                registry,
                "grpc_server_call_rcvd_total_compressed_message_size_bytes_total",
                "Bytes of the messages that were received",
                method);
        this.durations = Metrics.histogram(
                registry,
                "grpc_server_call_duration_seconds",
                "Time from the start of a call to its end, in seconds",
                SECONDS,
                method,
                "grpc_status");
        this.streams = Metrics.gauge(registry, "ephemeral_streams", "Streams that are open", method);
        this.methods = methods.stream()
                .map(Method::new)
                .collect(Collectors.toUnmodifiableMap(each -> each.name, Function.identity()));
        this.unknown = new Method(OTHER, null);
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
        return new Call(methods.getOrDefault(fullMethodName, unknown));
    }

    /** The data points of a method. */
    private final class Method {

        final String name;
        final CounterDataPoint callsStarted;
        final CounterDataPoint bytesSent;
        final CounterDataPoint bytesReceived;

        /** Null for a unary method. */
        final @Nullable GaugeDataPoint open;

        /** By the number of the status, from its first call on. */
        private final AtomicReferenceArray<@Nullable DistributionDataPoint> durationByStatus =
                new AtomicReferenceArray<>(Status.Code.values().length);

        Method(MethodDescriptor<?, ?> method) {
            this(
                    method.getFullMethodName(),
                    method.getType() == MethodType.UNARY ? null : streams.labelValues(method.getFullMethodName()));
        }

        Method(String name, @Nullable GaugeDataPoint open) {
            this.name = name;
            this.open = open;
            this.callsStarted = started.labelValues(name);
            this.bytesSent = sent.labelValues(name);
            this.bytesReceived = received.labelValues(name);
        }

        DistributionDataPoint duration(Status.Code status) {
            DistributionDataPoint known = durationByStatus.get(status.value());
            if (known != null) {
                return known;
            }
            DistributionDataPoint created = durations.labelValues(name, status.name());
            durationByStatus.set(status.value(), created);
            return created;
        }
    }

    private final class Call extends ServerStreamTracer {

        private final Method method;
        private final long startNanos = ticker.read();

        Call(Method method) {
            this.method = method;
            method.callsStarted.inc();
            if (method.open != null) {
                method.open.inc();
            }
        }

        @Override
        public void outboundWireSize(long bytes) {
            method.bytesSent.inc(bytes);
        }

        @Override
        public void inboundWireSize(long bytes) {
            method.bytesReceived.inc(bytes);
        }

        @Override
        public void streamClosed(Status status) {
            method.duration(status.getCode()).observe((ticker.read() - startNanos) / NANOS_PER_SECOND);
            if (method.open != null) {
                method.open.dec();
            }
        }
    }
}
