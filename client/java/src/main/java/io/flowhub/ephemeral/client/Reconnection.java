package io.flowhub.ephemeral.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Keeps looking for a server that is away. gRPC waits longer after each failure to connect, up to 2 minutes, and has no
 * setting for it: without this, a server that was away for long would be found minutes after it is back.
 */
final class Reconnection {

    /** A different wait each time, so that the clients of a restarted server do not all arrive at once. */
    private static final int MIN_WAIT_MILLIS = 1_000;

    private static final int MAX_WAIT_MILLIS = 2_000;

    static void watch(ManagedChannel channel) {
        ConnectivityState state = channel.getState(false);
        switch (state) {
            case SHUTDOWN -> {}
            case TRANSIENT_FAILURE ->
                CompletableFuture.delayedExecutor(waitMillis(), TimeUnit.MILLISECONDS, Runnable::run)
                        .execute(() -> {
                            channel.resetConnectBackoff();
                            watch(channel);
                        });
            default -> channel.notifyWhenStateChanged(state, () -> watch(channel));
        }
    }

    private static int waitMillis() {
        return ThreadLocalRandom.current().nextInt(MIN_WAIT_MILLIS, MAX_WAIT_MILLIS);
    }

    private Reconnection() {}
}
