package io.flowhub.ephemeral.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Resets gRPC's connect backoff every 1 to 2 seconds while no server is reachable. gRPC doubles its wait after each
 * failure, up to 2 minutes, without a setting for it: a server would be found minutes after a long outage.
 */
final class ReconnectBackoffReset {

    /** Random, so that the clients of a restarted server do not connect at the same moment. */
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

    private ReconnectBackoffReset() {}
}
