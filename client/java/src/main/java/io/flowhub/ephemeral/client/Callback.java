package io.flowhub.ephemeral.client;

/** Calls of the application's listeners. What one of them throws is its own business and ends nothing of the client's. */
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
