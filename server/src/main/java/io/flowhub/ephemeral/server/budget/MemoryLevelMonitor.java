package io.flowhub.ephemeral.server.budget;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds the level of the fullest master, and logs every change. */
final class MemoryLevelMonitor {

    private static final Logger log = LoggerFactory.getLogger(MemoryLevelMonitor.class);

    private static final String NO_EVICTION = "noeviction";

    private volatile MemoryLevel level = MemoryLevel.OK;
    private boolean evictionPolicyChecked;

    MemoryLevel level() {
        return level;
    }

    /**
     * Returns the new level.
     *
     * @param masters at least one
     */
    synchronized MemoryLevel update(List<MasterMemory> masters) {
        if (!evictionPolicyChecked) {
            evictionPolicyChecked = true;
            checkEvictionPolicy(masters);
        }
        MasterMemory fullest = masters.stream()
                .max(Comparator.comparing(MasterMemory::usedShare))
                .orElseThrow();
        MemoryLevel next = level.next(fullest.usedBytes(), fullest.maxBytes());
        if (next != level) {
            logChange(next, fullest);
            level = next;
        }
        return next;
    }

    /** A Redis that evicts keys may evict those that limit failed attempts. */
    private static void checkEvictionPolicy(List<MasterMemory> masters) {
        masters.stream()
                .map(MasterMemory::evictionPolicy)
                .filter(policy -> !policy.equals(NO_EVICTION))
                .findFirst()
                .ifPresent(policy -> log.warn(
                        "Redis has maxmemory-policy {} (expected: {}): when it is full it may evict counters that guard"
                                + " against guessing",
                        policy,
                        NO_EVICTION));
    }

    private void logChange(MemoryLevel next, MasterMemory fullest) {
        String figures = String.format(
                Locale.ROOT,
                "%.1f %% of memory in use (%,d of %,d bytes)",
                100 * fullest.usedShare(),
                fullest.usedBytes(),
                fullest.maxBytes());
        switch (next) {
            case OK -> log.info("Budget {} -> OK: {}", level, figures);
            case WARN -> log.warn("Budget {} -> WARN: {}", level, figures);
            case FULL -> log.warn("Budget {} -> FULL: {}; cached objects are not stored", level, figures);
        }
    }
}
