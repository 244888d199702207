package io.flowhub.ephemeral.server.budget;

import java.util.List;

/** The memory that Redis uses, and an estimate per kind. Bytes are sums over the masters. */
record BudgetUsage(MemoryLevel level, List<MasterMemory> masters, Estimate estimate) {

    long usedBytes() {
        return masters.stream().mapToLong(MasterMemory::usedBytes).sum();
    }

    long maxBytes() {
        return masters.stream().mapToLong(MasterMemory::maxBytes).sum();
    }

    /** The time of the first read of a master, in ms since 1970. */
    long readMillis() {
        return masters.stream().mapToLong(MasterMemory::readMillis).min().orElseThrow();
    }
}
