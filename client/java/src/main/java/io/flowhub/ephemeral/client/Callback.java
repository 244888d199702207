package io.flowhub.ephemeral.client;

/** Calls a listener of the application's, or a task: what it throws ends nothing else of the client's. */
final class Callback {

    static void run(Runnable callback) {
        try {
            callback.run();
        } catch (Throwable e) { // Whatever it is, the application shall hear of it.
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    private Callback() {}
}
