package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How many users are online, for the metrics. While none is, and none was announced since, Redis is not asked again.
 */
final class OnlineCount implements Subscriber {

    private static final Duration MAX_AGE = Duration.ofSeconds(10);

    private final Supplier<CompletableFuture<Long>> count;
    private final Ticker ticker;

    /** Whether a user may have come online since the last count was sent. */
    private volatile boolean maybeChanged = true;

    private OptionalLong last = OptionalLong.empty();
    private long readNanos;

    /** @param count counts in Redis */
    OnlineCount(Supplier<CompletableFuture<Long>> count, Ticker ticker) {
        this.count = count;
        this.ticker = ticker;
        this.readNanos = ticker.read() - MAX_AGE.toNanos();
    }

    @Override
    public void onMessage(String message) {
        maybeChanged = true;
    }

    @Override
    public void onGap() {
        maybeChanged = true;
    }

    /** The last count. Starts another one if that is 10 s old: it does not wait for Redis. Empty if Redis did not reply. */
    synchronized OptionalLong read() {
        boolean noneOnline = last.isPresent() && last.getAsLong() == 0 && !maybeChanged;
        if (!noneOnline && ticker.read() - readNanos >= MAX_AGE.toNanos()) {
            readNanos = ticker.read();
            maybeChanged = false;
            Futures.ignore(count.get().whenComplete(this::onReply));
        }
        return last;
    }

    private synchronized void onReply(@Nullable Long users, @Nullable Throwable failure) {
        last = users == null ? OptionalLong.empty() : OptionalLong.of(users);
    }
}
