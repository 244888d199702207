package io.flowhub.ephemeral.server.budget;

import java.util.List;

/** The memory that Redis uses, and an estimate per kind. Bytes are sums over the masters. */
record BudgetUsage(MemoryLevel level, List<MasterMemory> masters, Estimate estimate) {

    /** 0 if a master does not report it. */
    long usedBytes() {
        return isMeasured()
                ? masters.stream().mapToLong(MasterMemory::usedBytes).sum()
                : 0;
    }

    /** 0 if a master does not report its memory. */
    long maxBytes() {
        return isMeasured() ? masters.stream().mapToLong(MasterMemory::maxBytes).sum() : 0;
    }

    private boolean isMeasured() {
        return masters.stream().allMatch(MasterMemory::isMeasured);
    }

    /** The time of the first read of a master, in ms since 1970. */
    long readMillis() {
        return masters.stream().mapToLong(MasterMemory::readMillis).min().orElseThrow();
    }
}
