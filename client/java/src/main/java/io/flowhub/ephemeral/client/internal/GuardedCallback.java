package io.flowhub.ephemeral.client.internal;

/** Runs a callback of the application. What it throws goes to the uncaught exception handler and ends nothing else. */
public final class GuardedCallback {

    public static void run(Runnable callback) {
        try {
            callback.run();
        } catch (Throwable e) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    private GuardedCallback() {}
}
