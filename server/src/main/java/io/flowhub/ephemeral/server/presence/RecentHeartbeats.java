package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * When each user sent the last heartbeat that extended a presence since the checks of the users were postponed last. Its
 * size is bounded: further users are checked instead. Thread-safe.
 */
final class RecentHeartbeats {

    static final int MAX_USERS = 32_768;

    private final Ticker ticker;
    private Map<String, Sent> lastByUser = new HashMap<>();

    /** Users who went offline, or lost a connection, since: their heartbeats may be older than that. */
    private Set<String> ended = new HashSet<>();

    private volatile boolean full;

    /** When a user sent the last heartbeat. Nearly every heartbeat writes into one, and so leaves nothing to collect. */
    private static final class Sent {

        private long nanos;
    }

    RecentHeartbeats(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Returns whether it is the first one. */
    boolean add(String userId, long sentNanos) {
        return !full && addUnlessFull(userId, sentNanos);
    }

    private synchronized boolean addUnlessFull(String userId, long sentNanos) {
        boolean wasEmpty = lastByUser.isEmpty();
        put(userId, sentNanos);
        return wasEmpty;
    }

    /**
     * Adds a heartbeat of each user, except those at the given indexes.
     *
     * @param except ascending
     * @return whether they are the first ones
     */
    boolean addAll(List<String> userIds, List<Integer> except, long sentNanos) {
        return !full && addAllUnlessFull(userIds, except, sentNanos);
    }

    private synchronized boolean addAllUnlessFull(List<String> userIds, List<Integer> except, long sentNanos) {
        boolean wasEmpty = lastByUser.isEmpty();
        int skipped = 0;
        for (int i = 0; i < userIds.size(); i++) {
            if (skipped < except.size() && except.get(skipped) == i) {
                skipped++;
            } else {
                put(userIds.get(i), sentNanos);
            }
        }
        return wasEmpty && !lastByUser.isEmpty();
    }

    private void put(String userId, long sentNanos) {
        Sent last = lastByUser.get(userId);
        if (last == null) {
            if (full) {
                return;
            }
            last = new Sent();
            last.nanos = sentNanos;
            lastByUser.put(userId, last);
            full = lastByUser.size() == MAX_USERS;
        } else if (sentNanos - last.nanos > 0) {
            last.nanos = sentNanos;
        }
    }

    /** Drops the heartbeats of a user. */
    synchronized void forget(String userId) {
        if (ended.size() == MAX_USERS) {
            drain();
        }
        if (!lastByUser.isEmpty()) {
            ended.add(userId);
        }
    }

    /** Removes and returns them: how many milliseconds ago each user sent the last one. */
    Map<String, Long> drain() {
        Map<String, Sent> drained;
        Set<String> dropped;
        synchronized (this) {
            drained = lastByUser;
            dropped = ended;
            lastByUser = new HashMap<>();
            ended = new HashSet<>();
            full = false;
        }
        long now = ticker.read();
        Map<String, Long> ages = new HashMap<>();
        drained.forEach((userId, sent) -> ages.put(userId, (now - sent.nanos) / 1_000_000));
        dropped.forEach(ages::remove);
        return ages;
    }
}
