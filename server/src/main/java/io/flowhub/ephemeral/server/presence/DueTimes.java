package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When the next check in each part of the {@link ExpiryIndex} can be due at the earliest, as far as this server knows: from
 * its own calls, from announcements, and from replies. A part it knows nothing about is due now. Thread-safe.
 */
final class DueTimes {

    /** Beyond it, a user whose connection was ended is checked when the index has it due. */
    private static final int MAX_ENDED = 10_000;

    private final Ticker ticker;
    private final Map<String, Long> nanosByPart = new HashMap<>();

    /** Users that lost a connection: when the others expire. Another server may postpone their check beyond that. */
    private final Map<String, Ended> ended = new HashMap<>();

    private record Ended(String part, long nanos) {}

    private volatile Runnable onEarlier = () -> {};

    DueTimes(Ticker ticker) {
        this.ticker = ticker;
    }

    /** @param listener runs when a part is due earlier than was known */
    void onEarlier(Runnable listener) {
        onEarlier = listener;
    }

    /** A user of the part can be due after this time. */
    void dueIn(String part, Duration delay) {
        if (lower(part, ticker.read() + delay.toNanos())) {
            onEarlier.run();
        }
    }

    private synchronized boolean lower(String part, long nanos) {
        Long known = nanosByPart.get(part);
        if (known == null || known <= nanos) {
            return false;
        }
        nanosByPart.put(part, nanos);
        return true;
    }

    /** Nothing is known any more. */
    void forget() {
        synchronized (this) {
            nanosByPart.replaceAll((part, nanos) -> ticker.read());
        }
        onEarlier.run();
    }

    /** The other connections of the user end after this time, and the check of the user is due then. */
    void connectionEnded(String part, String userId, Duration others) {
        synchronized (this) {
            if (ended.size() < MAX_ENDED) {
                ended.put(userId, new Ended(part, ticker.read() + others.toNanos()));
            }
        }
        dueIn(part, others);
    }

    synchronized void wentOffline(String userId) {
        ended.remove(userId);
    }

    /**
     * Redis is being asked about the part. Until it has replied, only what this server learns by itself counts.
     *
     * @return the users whose check is due because they lost a connection; each is returned once
     */
    synchronized List<String> ask(String part) {
        long now = ticker.read();
        long next = Long.MAX_VALUE;
        List<String> due = new ArrayList<>();
        for (Map.Entry<String, Ended> user : ended.entrySet()) {
            if (user.getValue().part().equals(part)) {
                if (user.getValue().nanos() <= now) {
                    due.add(user.getKey());
                } else {
                    next = Math.min(next, user.getValue().nanos());
                }
            }
        }
        due.forEach(ended::remove);
        nanosByPart.put(part, next);
        return due;
    }

    synchronized boolean isDue(String part) {
        Long nanos = nanosByPart.get(part);
        return nanos == null || nanos <= ticker.read();
    }

    /** The time until the first of these parts is due, not negative. */
    synchronized Duration untilNext(Collection<String> parts) {
        long now = ticker.read();
        long nanos = Long.MAX_VALUE;
        for (String part : parts) {
            nanos = Math.min(nanos, Math.max(0, nanosByPart.getOrDefault(part, now) - now));
        }
        return Duration.ofNanos(nanos);
    }
}
