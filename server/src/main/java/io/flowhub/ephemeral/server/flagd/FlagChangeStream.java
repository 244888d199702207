package io.flowhub.ephemeral.server.flagd;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flowhub.ephemeral.server.fanout.StreamEvent;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One EventStream call. Changes that the client has not read yet become one event, so that a burst of changes, or a client
 * that reads slowly, costs little.
 */
final class FlagChangeStream<Q, R> implements StreamHandler<Q, R> {

    private static final String READY = "provider_ready";
    private static final String CHANGE = "configuration_change";
    private static final String KEEP_ALIVE = "keep_alive";

    /** Beyond as many, the event says that any flag may have changed. */
    static final int MAX_FEATURES = 100;

    /** The stream, and the set of features at its largest. */
    static final int BYTES = 32_768;

    private final FlagChangeHub hub;
    private final Outbound outbound;
    private final BiFunction<String, Struct, R> response;

    private final Set<String> changed = new LinkedHashSet<>();
    private boolean anyMayHaveChanged;
    private boolean readyUnsent;
    private boolean keepAliveDue;
    private @Nullable Future<?> keepAlive;
    private boolean closed;

    FlagChangeStream(FlagChangeHub hub, Outbound outbound, BiFunction<String, Struct, R> response) {
        this.hub = hub;
        this.outbound = outbound;
        this.response = response;
    }

    @Override
    public void onMessage(Q request) {
        synchronized (this) {
            if (closed) {
                return;
            }
            hub.add(this);
            readyUnsent = true;
            keepAlive = hub.everyInterval(this::onKeepAlive);
        }
        outbound.signal();
    }

    void onChange(String feature) {
        synchronized (this) {
            if (changed.size() < MAX_FEATURES) {
                changed.add(feature);
            } else if (!changed.contains(feature)) {
                anyMayHaveChanged = true;
            }
        }
        outbound.signal();
    }

    /** Changes may have been missed. */
    void onGap() {
        synchronized (this) {
            anyMayHaveChanged = true;
        }
        outbound.signal();
    }

    private void onKeepAlive() {
        synchronized (this) {
            keepAliveDue = true;
        }
        outbound.signal();
    }

    @Override
    public @Nullable R poll() {
        R next = next();
        if (next != null) {
            hub.count(StreamEvent.SENT);
        }
        return next;
    }

    private synchronized @Nullable R next() {
        if (readyUnsent) {
            readyUnsent = false;
            return response.apply(READY, Struct.getDefaultInstance());
        }
        if (anyMayHaveChanged || !changed.isEmpty()) {
            return response.apply(CHANGE, takeChanges());
        }
        if (keepAliveDue) {
            keepAliveDue = false;
            return response.apply(KEEP_ALIVE, Struct.getDefaultInstance());
        }
        return null;
    }

    private Struct takeChanges() {
        Struct.Builder flags = Struct.newBuilder();
        if (anyMayHaveChanged) {
            hub.count(StreamEvent.GAP);
        } else {
            Value none = Value.newBuilder()
                    .setStructValue(Struct.getDefaultInstance())
                    .build();
            changed.forEach(feature -> flags.putFields(feature, none));
        }
        anyMayHaveChanged = false;
        changed.clear();
        Value object = Value.newBuilder().setStructValue(flags).build();
        return Struct.newBuilder().putFields("flags", object).build();
    }

    @Override
    public void onClosed() {
        synchronized (this) {
            closed = true;
            if (keepAlive != null) {
                keepAlive.cancel(false);
            }
        }
        hub.remove(this);
    }
}
