package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.Context;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** One StreamHeartbeats call. Responds to frames in the order in which they arrived, and bounds how many are in flight. */
final class HeartbeatStream implements StreamHandler<StreamHeartbeatsRequest, StreamHeartbeatsResponse> {

    /** One frame is processed while the next one arrives. */
    private static final int MAX_IN_FLIGHT = 2;

    private final PresenceStore store;
    private final HeartbeatAdmission admission;
    private final Outbound outbound;
    private final Queue<HeartbeatFrame> inFlight = new ArrayDeque<>();
    private boolean halfClosed;

    /** Whether the next frame is requested only after a response. */
    private boolean paused;

    HeartbeatStream(PresenceStore store, HeartbeatAdmission admission, Outbound outbound) {
        this.store = store;
        this.admission = admission;
        this.outbound = outbound;
    }

    @Override
    public void onMessage(StreamHeartbeatsRequest request) {
        HeartbeatFrame frame = new HeartbeatFrame(request, store.ttl());
        enqueue(frame);
        if (frame.isDone()) { // rejected as a whole
            outbound.signal();
            return;
        }
        // The frame may be sent by another thread, and remains part of this call.
        admission.start(frame.size(), Context.current().wrap(() -> send(frame)));
    }

    /** Holds the lock while it requests a frame: otherwise a concurrent {@link #poll} could request the same one. */
    private synchronized void enqueue(HeartbeatFrame frame) {
        inFlight.add(frame);
        paused = inFlight.size() >= MAX_IN_FLIGHT;
        if (!paused) {
            outbound.requestNext();
        }
    }

    private void send(HeartbeatFrame frame) {
        Futures.ignore(frame.send(store).thenRun(() -> {
            outbound.signal();
            admission.release(frame.size());
        }));
    }

    @Override
    public synchronized @Nullable StreamHeartbeatsResponse poll() {
        HeartbeatFrame first = inFlight.peek();
        if (first == null || !first.isDone()) {
            return null;
        }
        inFlight.remove();
        if (paused) {
            paused = false;
            outbound.requestNext();
        }
        return first.response();
    }

    @Override
    public synchronized void onHalfClose() {
        halfClosed = true;
    }

    @Override
    public synchronized boolean isComplete() {
        return halfClosed && inFlight.isEmpty();
    }
}
