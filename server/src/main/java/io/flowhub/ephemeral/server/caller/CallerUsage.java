package io.flowhub.ephemeral.server.caller;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.error.QuotaExceededException;
import io.flowhub.ephemeral.server.fanout.StreamShare;
import java.time.Duration;

/** What one caller uses of this server. Outlives the versions of the file. */
final class CallerUsage {

    private static final Duration CALLS_RETRY_DELAY = Duration.ofMillis(100);
    private static final Duration STREAMS_RETRY_DELAY = Duration.ofSeconds(1);

    /** Of a caller whose calls per second have no limit: more calls over another quota are not made in good faith. */
    private static final long REJECTED_PER_SECOND = 1_000;

    private final Ticker ticker;
    private final Pace admitted;
    private final Pace rejected;
    private final StreamShare share = StreamShare.unlimited();
    private volatile boolean limitsCalls;

    CallerUsage(Ticker ticker) {
        this.ticker = ticker;
        this.admitted = new Pace(1, ticker.read());
        this.rejected = new Pace(REJECTED_PER_SECOND, ticker.read());
    }

    /** Applies from the next call on; what runs goes on. */
    void setQuotas(Quotas quotas) {
        long calls = quotas.limit(Quota.CALLS_PER_SECOND);
        limitsCalls = calls != Long.MAX_VALUE;
        if (limitsCalls) {
            admitted.setRate(calls);
        }
        rejected.setRate(limitsCalls ? calls : REJECTED_PER_SECOND);
        share.streams().setLimit(quotas.limit(Quota.STREAMS));
        share.watchedIds().setLimit(quotas.limit(Quota.WATCHED_IDS));
        share.bufferedBytes().setLimit(quotas.limit(Quota.BUFFERED_BYTES));
    }

    /** @throws QuotaExceededException if the calls of this second are used up */
    void takeCall() {
        if (limitsCalls && !admitted.tryTake(ticker.read())) {
            throw new QuotaExceededException(Quota.CALLS_PER_SECOND.key(), CALLS_RETRY_DELAY);
        }
    }

    /**
     * Counts a stream until {@link #endStream}.
     *
     * @throws QuotaExceededException if as many are open as may be
     */
    void beginStream() {
        if (!share.streams().tryReserve(1)) {
            throw new QuotaExceededException(Quota.STREAMS.key(), STREAMS_RETRY_DELAY);
        }
    }

    void endStream() {
        share.streams().release(1);
    }

    StreamShare share() {
        return share;
    }

    /**
     * Counts a call that was rejected because of a quota.
     *
     * @return for how many nanoseconds the connection of the call is not to be read: 0 until the caller has as many calls
     *     rejected as it may make
     */
    long onRejected() {
        return rejected.overdraw(ticker.read());
    }
}
