package io.flowhub.ephemeral.client;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * Calls a listener on a thread of its own, one callback after the other, so that it may be slow. Of those that wait under
 * one key only the last is called: a listener that hangs costs as much memory as there are keys, and no more. Thread-safe.
 */
final class Callbacks {

    private final Map<Object, Runnable> waiting = new LinkedHashMap<>();
    private final ScheduledThreadPoolExecutor thread;

    Callbacks(String name) {
        this.thread = DaemonThread.timer(name);
    }

    synchronized void add(Object key, Runnable callback) {
        if (thread.isShutdown()) {
            return;
        }
        boolean isIdle = waiting.isEmpty();
        waiting.remove(key); // The order is that of the last.
        waiting.put(key, callback);
        if (isIdle) {
            thread.execute(this::callAll);
        }
    }

    /** Calls no more. One under way goes on. */
    synchronized void close() {
        waiting.clear();
        thread.shutdown();
    }

    private void callAll() {
        for (Runnable next = take(); next != null; next = take()) {
            Callback.run(next);
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
