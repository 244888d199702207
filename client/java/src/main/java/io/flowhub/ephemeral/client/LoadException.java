package io.flowhub.ephemeral.client;

import org.jspecify.annotations.Nullable;

/**
 * An object was not in the cache and could not be loaded. The cause says why: what the {@link Loader} threw, a
 * {@link java.util.concurrent.TimeoutException} if it took longer than {@link EphemeralClientBuilder#loadDeadline}, or a
 * {@link java.util.concurrent.RejectedExecutionException} if {@link EphemeralClientBuilder#maxLoads} others ran all that
 * time, or the client is closed.
 */
public final class LoadException extends RuntimeException {

    LoadException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
