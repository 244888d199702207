package io.flowhub.ephemeral.server.concurrent;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The current turn of an event loop. In each turn, a loop handles the I/O events that are ready, and then runs the tasks
 * that it has. So a task that its thread submits to it runs once for all events of the turn.
 */
public final class EventLoopTurn {

    private static final ThreadLocal<@Nullable Executor> LOOP = new ThreadLocal<>();

    /** Declares that the current thread is that of this event loop. */
    public static void setLoop(Executor loop) {
        LOOP.set(loop);
    }

    /** Runs a task at the end of the turn. Returns false, and does nothing, if the current thread is not that of a loop. */
    public static boolean runAtEnd(Runnable task) {
        Executor loop = LOOP.get();
        if (loop == null) {
            return false;
        }
        loop.execute(task);
        return true;
    }

    private EventLoopTurn() {}
}
