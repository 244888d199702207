package io.flowhub.ephemeral.server.budget;

import java.util.List;

/** How full Redis is, and of what. */
record Usage(Level level, List<MasterMemory> masters, Estimate estimate) {

    long usedBytes() {
        return masters.stream().mapToLong(MasterMemory::usedBytes).sum();
    }

    long maxBytes() {
        return masters.stream().mapToLong(MasterMemory::maxBytes).sum();
    }

    /** When the first master was asked, in ms since 1970. */
    long readMillis() {
        return masters.stream().mapToLong(MasterMemory::readMillis).min().orElseThrow();
    }
}
