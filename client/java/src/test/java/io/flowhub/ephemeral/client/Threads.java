package io.flowhub.ephemeral.client;

/** The threads of this process. */
final class Threads {

    static void awaitNoneNamed(String start) throws InterruptedException {
        Eventually.holds(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith(start)));
    }

    private Threads() {}
}
