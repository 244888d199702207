package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds the level of the fullest master, passes it on to the features, and logs every change. */
final class MemoryLevelMonitor {

    private static final Logger log = LoggerFactory.getLogger(MemoryLevelMonitor.class);

    private static final String NO_EVICTION = "noeviction";

    private final MemoryPressure pressure;
    private volatile MemoryLevel level = MemoryLevel.OK;
    private volatile double usedShare;
    private String evictionPolicy = NO_EVICTION;

    MemoryLevelMonitor(MemoryPressure pressure) {
        this.pressure = pressure;
    }

    MemoryLevel level() {
        return level;
    }

    /** The used share of the fullest master; 1 if it is unknown. */
    double usedShare() {
        return usedShare;
    }

    /**
     * Returns the new level.
     *
     * @param masters at least one
     */
    synchronized MemoryLevel update(List<MasterMemory> masters) {
        checkEvictionPolicy(masters);
        MasterMemory fullest = masters.stream()
                .max(Comparator.comparing(MasterMemory::usedShare))
                .orElseThrow();
        return masters.stream().allMatch(MasterMemory::isMeasured) ? measured(fullest) : unmeasured();
    }

    private MemoryLevel measured(MasterMemory fullest) {
        usedShare = fullest.usedShare();
        pressure.measured(fullest.usedBytes(), fullest.maxBytes());
        MemoryLevel next = level.next(fullest.usedBytes(), fullest.maxBytes());
        if (next != level) {
            logChange(next, fullest);
            level = next;
        }
        return next;
    }

    private MemoryLevel unmeasured() {
        usedShare = 1;
        pressure.unmeasured();
        if (level != MemoryLevel.UNKNOWN) {
            log.warn(
                    "Budget {} -> UNKNOWN: Redis does not report used_memory (the ACL user needs INFO); what it rejects"
                            + " because it is full is then not stored for some seconds",
                    level);
            level = MemoryLevel.UNKNOWN;
        }
        return level;
    }

    /** A Redis that evicts keys may evict those that limit failed attempts. The policy may change at any time. */
    private void checkEvictionPolicy(List<MasterMemory> masters) {
        String policy = masters.stream()
                .map(MasterMemory::evictionPolicy)
                .filter(each -> !each.isEmpty() && !each.equals(NO_EVICTION))
                .findFirst()
                .orElse(NO_EVICTION);
        if (!policy.equals(evictionPolicy) && !policy.equals(NO_EVICTION)) {
            log.warn(
                    "Redis has maxmemory-policy {} (expected: {}): when it is full it may evict counters that guard"
                            + " against guessing",
                    policy,
                    NO_EVICTION);
        }
        evictionPolicy = policy;
    }

    private void logChange(MemoryLevel next, MasterMemory fullest) {
        String figures = String.format(
                Locale.ROOT,
                "%.1f %% of memory in use (%,d of %,d bytes)",
                100 * fullest.usedShare(),
                fullest.usedBytes(),
                fullest.maxBytes());
        switch (next) {
            case OK, UNKNOWN -> log.info("Budget {} -> {}: {}", level, next, figures);
            case WARN -> log.warn("Budget {} -> WARN: {}", level, figures);
            case FULL ->
                log.warn(
                        "Budget {} -> FULL: {}; {}, and more as it fills (see docs/operations.md)",
                        level,
                        figures,
                        Arrays.stream(StateClass.values())
                                .filter(each -> each.percent() <= 100 * fullest.usedShare())
                                .map(StateClass::message)
                                .collect(Collectors.joining(", ")));
        }
    }
}
