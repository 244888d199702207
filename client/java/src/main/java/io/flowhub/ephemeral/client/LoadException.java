package io.flowhub.ephemeral.client;

import org.jspecify.annotations.Nullable;

/**
 * An object was not cached and could not be loaded. The cause is what the {@link Loader} threw, a
 * {@link java.util.concurrent.TimeoutException} if it exceeded {@link EphemeralClientBuilder#loadDeadline}, or a
 * {@link java.util.concurrent.RejectedExecutionException} if it waited that long behind
 * {@link EphemeralClientBuilder#maxLoads} others, or the client is closed.
 */
public final class LoadException extends RuntimeException {

    /** For the client, and for fakes of {@link ReadThrough} in tests. */
    public LoadException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
