package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.error.QuotaExceededException;
import io.grpc.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the streams of one caller may hold together on this server.
 *
 * @param streams that are open
 * @param watchedIds over all streams; beyond it a stream ends
 * @param bufferedBytes of messages that are not sent yet; beyond it streams lose their oldest messages
 */
public record StreamShare(BoundedCount streams, BoundedCount watchedIds, BoundedCount bufferedBytes) {

    private static final Context.Key<StreamShare> KEY = Context.key("share of the caller");

    private static final Duration RETRY_DELAY = Duration.ofSeconds(1);

    /** Without limits until they are set. */
    public static StreamShare unlimited() {
        return new StreamShare(
                new BoundedCount(Long.MAX_VALUE), new BoundedCount(Long.MAX_VALUE), new BoundedCount(Long.MAX_VALUE));
    }

    /** The share of the caller of the current call; null if the server does not know its callers. */
    public static @Nullable StreamShare current() {
        return KEY.get();
    }

    /** A context for a call of this caller. */
    public Context in(Context call) {
        return call.withValue(KEY, this);
    }

    /** @throws QuotaExceededException if the caller may not watch as many more ids */
    void reserveIds(int ids) {
        if (!watchedIds.tryReserve(ids)) {
            throw new QuotaExceededException("watched_ids", RETRY_DELAY);
        }
    }

    /**
     * Whether a stream that holds as much is to lose messages: the quota is exceeded, and it holds more than an equal part.
     * A stream that reads in time loses none because another one of its caller does not.
     */
    boolean isExceededBy(long bytesOfStream) {
        long limit = bufferedBytes.limit();
        return bufferedBytes.reserved() > limit && bytesOfStream > limit / Math.max(1, streams.reserved());
    }
}
