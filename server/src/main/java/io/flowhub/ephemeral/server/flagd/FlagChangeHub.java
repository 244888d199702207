package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Struct;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.StreamEvent;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.redis.Subscriber;
import io.flowhub.ephemeral.server.rpc.StreamHandler.Outbound;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** The EventStream calls of this server. Passes each announced change of a flag to all of them. */
final class FlagChangeHub implements Subscriber, AutoCloseable {

    /** As flagd sends it, so that proxies with an idle timeout keep the stream. */
    static final Duration KEEP_ALIVE_INTERVAL = Duration.ofSeconds(20);

    private final StreamMemory memory;
    private final EnumCounter<StreamEvent> events;
    private final Duration keepAliveInterval;
    private final DaemonScheduler scheduler = new DaemonScheduler("flagd");
    private final Set<FlagChangeStream<?, ?>> streams = ConcurrentHashMap.newKeySet();

    FlagChangeHub(StreamMemory memory, FanoutMetrics metrics, Duration keepAliveInterval) {
        this.memory = memory;
        this.events = metrics.of("flagd");
        this.keepAliveInterval = keepAliveInterval;
    }

    /** @param response makes a response of a type and data */
    <Q, R> FlagChangeStream<Q, R> open(Outbound outbound, BiFunction<String, Struct, R> response) {
        return new FlagChangeStream<>(this, outbound, response);
    }

    @Override
    public void onMessage(String feature) {
        streams.forEach(stream -> stream.onChange(feature));
    }

    @Override
    public void onGap() {
        streams.forEach(FlagChangeStream::onGap);
    }

    /** @throws OverloadedException if the streams of this server have no memory for one more */
    void add(FlagChangeStream<?, ?> stream) {
        if (!memory.watches().tryReserve(FlagChangeStream.BYTES)) {
            throw new OverloadedException("the streams hold " + memory.watches().reserved() + " of "
                    + memory.watches().limit() + " bytes, and this one adds " + FlagChangeStream.BYTES);
        }
        streams.add(stream);
    }

    void remove(FlagChangeStream<?, ?> stream) {
        if (streams.remove(stream)) {
            memory.watches().release(FlagChangeStream.BYTES);
        }
    }

    Future<?> everyInterval(Runnable task) {
        long millis = keepAliveInterval.toMillis();
        return scheduler.scheduleWithFixedDelay(task, millis, millis, TimeUnit.MILLISECONDS);
    }

    void count(StreamEvent event) {
        events.count(event);
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
