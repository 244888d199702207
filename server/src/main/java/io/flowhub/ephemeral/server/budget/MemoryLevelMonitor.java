package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.event.LogEvent;
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
    private static final LogEvent RECOVERED = LogEvent.info("memory_ok", "Budget {before} -> OK: {usage}");
    private static final LogEvent NEARLY_FULL = LogEvent.warn("memory_warn", "Budget {before} -> WARN: {usage}");
    private static final LogEvent FULL = LogEvent.warn(
            "memory_full", "Budget {before} -> FULL: {usage}; {effect}, and more as it fills (see docs/operations.md)");
    private static final LogEvent UNMEASURED = LogEvent.warn(
            "memory_unknown",
            "Budget {before} -> UNKNOWN: Redis does not report used_memory (the ACL user needs INFO); what it"
                    + " rejects because it is full is then not stored for some seconds");
    private static final LogEvent EVICTS = LogEvent.warn(
            "eviction_policy",
            "Redis has maxmemory-policy {policy} (expected: noeviction): when it is full it may evict counters that"
                    + " guard against guessing");

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
            UNMEASURED.log(log, level);
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
            EVICTS.log(log, policy);
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
            case OK, UNKNOWN -> RECOVERED.log(log, level, figures);
            case WARN -> NEARLY_FULL.log(log, level, figures);
            case FULL ->
                FULL.log(
                        log,
                        level,
                        figures,
                        Arrays.stream(StateClass.values())
                                .filter(each -> each.percent() <= 100 * fullest.usedShare())
                                .map(StateClass::message)
                                .collect(Collectors.joining(", ")));
        }
    }
}
