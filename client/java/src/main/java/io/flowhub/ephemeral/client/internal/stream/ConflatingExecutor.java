package io.flowhub.ephemeral.client.internal.stream;

import io.flowhub.ephemeral.client.internal.ClientThreads;
import io.flowhub.ephemeral.client.internal.GuardedCallback;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * Runs callbacks in order on a thread of its own, so that a slow listener delays nothing else. A callback replaces one
 * with the same key that still waits: a listener that hangs costs memory for one callback per key. Thread-safe.
 */
public final class ConflatingExecutor {

    private final Map<Object, Runnable> waiting = new LinkedHashMap<>();
    private final ScheduledThreadPoolExecutor thread;

    public ConflatingExecutor(String name) {
        this.thread = ClientThreads.timer(name);
    }

    public synchronized void execute(Object key, Runnable callback) {
        if (thread.isShutdown()) {
            return;
        }
        boolean isIdle = waiting.isEmpty();
        waiting.remove(key); // Moves the key to the end of the order.
        waiting.put(key, callback);
        if (isIdle) {
            thread.execute(this::runAll);
        }
    }

    /** Drops waiting callbacks. One that is running continues. */
    public synchronized void close() {
        waiting.clear();
        thread.shutdown();
    }

    private void runAll() {
        for (Runnable next = take(); next != null; next = take()) {
            GuardedCallback.run(next);
        }
    }

    private synchronized @Nullable Runnable take() {
        Iterator<Runnable> first = waiting.values().iterator();
        if (!first.hasNext()) {
            return null;
        }
        Runnable next = first.next();
        first.remove();
        return next;
    }
}
