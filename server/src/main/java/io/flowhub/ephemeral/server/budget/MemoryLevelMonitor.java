package io.flowhub.ephemeral.server.budget;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows the level of the fullest master, and says in the log when it changes. */
final class MemoryLevelMonitor {

    private static final Logger log = LoggerFactory.getLogger(MemoryLevelMonitor.class);

    private static final String NO_EVICTION = "noeviction";

    private volatile Level level = Level.OK;
    private boolean policySeen;

    Level level() {
        return level;
    }

    /** Takes in what the masters say, at least one, and returns the level from now on. */
    synchronized Level read(List<MasterMemory> masters) {
        if (!policySeen) {
            policySeen = true;
            masters.stream()
                    .map(MasterMemory::evictionPolicy)
                    .filter(policy -> !policy.equals(NO_EVICTION))
                    .findFirst()
                    .ifPresent(MemoryLevelMonitor::warnOf);
        }
        MasterMemory fullest =
                masters.stream().max(Comparator.comparing(MasterMemory::share)).orElseThrow();
        Level next = level.next(fullest.usedBytes(), fullest.maxBytes());
        if (next != level) {
            say(next, fullest);
            level = next;
        }
        return next;
    }

    private void say(Level next, MasterMemory fullest) {
        String figures = String.format(
                Locale.ROOT,
                "%.1f %% of its memory are used (%,d of %,d bytes)",
                100 * fullest.share(),
                fullest.usedBytes(),
                fullest.maxBytes());
        switch (next) {
            case OK -> log.info("Budget {} -> OK: {}", level, figures);
            case WARN -> log.warn("Budget {} -> WARN: {}", level, figures);
            case FULL -> log.warn("Budget {} -> FULL: {}; cached lookups are not stored", level, figures);
        }
    }

    /** What evicts may evict the key that says how often somebody guessed wrong. */
    private static void warnOf(String policy) {
        log.warn(
                "Redis has maxmemory-policy {} (expected: {}): when it is full it may evict counters that guard against"
                        + " guessing",
                policy,
                NO_EVICTION);
    }
}
