package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Redis cannot be reached or did not respond in time. The operation may have taken effect. */
public final class RedisUnavailableException extends ServiceException {

    private static final long serialVersionUID = 1;

    /** Health is checked every 200 ms, so Redis may be available again after this. */
    private static final Duration RETRY_DELAY = Duration.ofMillis(250);

    public RedisUnavailableException(String message) {
        this(message, null);
    }

    public RedisUnavailableException(String message, @Nullable Throwable cause) {
        super(Code.UNAVAILABLE, ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE, message, Map.of(), RETRY_DELAY, cause);
    }
}
