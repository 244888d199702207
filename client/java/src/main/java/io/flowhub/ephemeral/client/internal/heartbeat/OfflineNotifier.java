package io.flowhub.ephemeral.client.internal.heartbeat;

import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Sends SetOffline for removed keys, at most 64 at a time. A failed call is not repeated: the user goes offline anyway
 * when the last heartbeat expires. Not thread-safe.
 */
final class OfflineNotifier {

    private static final int MAX_IN_FLIGHT = 64;

    private final Function<HeartbeatKey, CompletableFuture<?>> setOffline;
    private final Executor streamThread;
    private final Consumer<HeartbeatKey> onReadd;
    private final Set<HeartbeatKey> waiting = new LinkedHashSet<>();
    private final Set<HeartbeatKey> inFlight = new HashSet<>();
    private final Set<HeartbeatKey> toReadd = new HashSet<>();

    /**
     * @param streamThread runs everything here in order
     * @param onReadd receives a key that was added again, once its heartbeats may restart
     */
    OfflineNotifier(
            Function<HeartbeatKey, CompletableFuture<?>> setOffline,
            Executor streamThread,
            Consumer<HeartbeatKey> onReadd) {
        this.setOffline = setOffline;
        this.streamThread = streamThread;
        this.onReadd = onReadd;
    }

    void add(HeartbeatKey key) {
        waiting.add(key);
        sendNext();
    }

    boolean isIdle() {
        return waiting.isEmpty() && inFlight.isEmpty();
    }

    /** Adds the key again: at once, or after a call in flight, which could otherwise disconnect it afterwards. */
    void cancelAndReadd(HeartbeatKey key) {
        waiting.remove(key);
        if (inFlight.contains(key)) {
            toReadd.add(key);
        } else {
            onReadd.accept(key);
        }
    }

    /** The key was removed again before its call ended. */
    void cancelReadd(HeartbeatKey key) {
        toReadd.remove(key);
    }

    private void sendNext() {
        Iterator<HeartbeatKey> next = waiting.iterator();
        while (next.hasNext() && inFlight.size() < MAX_IN_FLIGHT) {
            HeartbeatKey key = next.next();
            next.remove();
            inFlight.add(key);
            try {
                var unused = setOffline
                        .apply(key)
                        .whenComplete((response, failure) -> streamThread.execute(() -> onEnded(key)));
            } catch (RuntimeException e) { // An interceptor of the application threw.
                streamThread.execute(() -> onEnded(key));
            }
        }
    }

    private void onEnded(HeartbeatKey key) {
        inFlight.remove(key);
        if (toReadd.remove(key)) {
            onReadd.accept(key);
        }
        sendNext();
    }
}
