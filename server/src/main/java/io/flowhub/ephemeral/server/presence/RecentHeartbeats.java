package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The heartbeats that extended a presence since the checks of their users were postponed last. Its size is bounded: the
 * users of further heartbeats are checked instead. Thread-safe.
 */
final class RecentHeartbeats {

    /** The heartbeats of 20,000 users who send one every third of the TTL. */
    static final int CAPACITY = 65_536;

    private final Ticker ticker;
    private List<Sent> log = new ArrayList<>();

    /** Users who went offline, or lost a connection, since: their heartbeats may be older than that. */
    private Set<String> ended = new HashSet<>();

    private volatile boolean full;

    private record Sent(String userId, long nanos) {}

    RecentHeartbeats(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Returns whether it is the first one. */
    boolean add(String userId, long sentNanos) {
        return addAll(List.of(userId), List.of(), sentNanos);
    }

    /**
     * Adds a heartbeat of each user, except those at the given indexes.
     *
     * @param except ascending
     * @return whether they are the first ones
     */
    boolean addAll(List<String> userIds, List<Integer> except, long sentNanos) {
        return !full && addUnlessFull(userIds, except, sentNanos);
    }

    private synchronized boolean addUnlessFull(List<String> userIds, List<Integer> except, long sentNanos) {
        boolean wasEmpty = log.isEmpty();
        int skipped = 0;
        for (int i = 0; i < userIds.size() && log.size() < CAPACITY; i++) {
            if (skipped < except.size() && except.get(skipped) == i) {
                skipped++;
            } else {
                log.add(new Sent(userIds.get(i), sentNanos));
            }
        }
        full = log.size() == CAPACITY;
        return wasEmpty && !log.isEmpty();
    }

    /** Drops the heartbeats of a user. */
    synchronized void forget(String userId) {
        if (ended.size() == CAPACITY) {
            drain();
        }
        if (!log.isEmpty()) {
            ended.add(userId);
        }
    }

    /** Removes and returns them: how many milliseconds ago each user sent the last one. */
    Map<String, Long> drain() {
        List<Sent> drained;
        Set<String> dropped;
        synchronized (this) {
            drained = log;
            dropped = ended;
            log = new ArrayList<>();
            ended = new HashSet<>();
            full = false;
        }
        long now = ticker.read();
        Map<String, Long> ages = new HashMap<>();
        drained.forEach(sent -> ages.merge(sent.userId(), (now - sent.nanos()) / 1_000_000, Math::min));
        dropped.forEach(ages::remove);
        return ages;
    }
}
