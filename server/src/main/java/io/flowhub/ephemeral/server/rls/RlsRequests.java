package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.RateLimitOverride;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.envoy.type.v3.RateLimitUnit;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.ValueValidator;

/** Validates requests. What a client of the gateway decides, a value, is never refused for its length: that would let it through. */
final class RlsRequests {

    private static final int MAX_DESCRIPTORS = 100;
    private static final int MAX_ENTRIES = 32;

    /** Above every limit: so many hits are always too many, and the count stays an exact number in Lua. */
    private static final long MAX_HITS = Limit.MAX_REQUESTS + 1;

    private final Unit longestUnit;

    RlsRequests(Unit longestUnit) {
        this.longestUnit = longestUnit;
    }

    /** @throws InvalidFieldException for the first field that breaks its rule */
    static void check(RateLimitRequest request) {
        if (request.getDomain().isEmpty()) {
            throw new InvalidFieldException("domain", "", "at least one character");
        }
        int count = request.getDescriptorsCount();
        ValueValidator.checkSize("descriptors", count, MAX_DESCRIPTORS, "descriptors");
        for (int i = 0; i < count; i++) {
            checkEntries(request.getDescriptors(i), i);
        }
    }

    private static void checkEntries(RateLimitDescriptor descriptor, int index) {
        int count = descriptor.getEntriesCount();
        if (count < 1 || count > MAX_ENTRIES) {
            throw new InvalidFieldException(
                    path(index) + "entries", count + " entries", "1 to " + MAX_ENTRIES + " entries");
        }
        for (int i = 0; i < count; i++) {
            Entry entry = descriptor.getEntries(i);
            if (entry.getKey().isEmpty()) {
                throw new InvalidFieldException(path(index) + "entries[" + i + "].key", "", "at least one character");
            }
        }
    }

    /** The hits of a descriptor: its own, or those of the request, where 0 means 1. */
    static long hits(RateLimitRequest request, RateLimitDescriptor descriptor) {
        if (!descriptor.hasHitsAddend()) {
            return Math.max(1, Integer.toUnsignedLong(request.getHitsAddend()));
        }
        long hits = descriptor.getHitsAddend().getValue(); // unsigned
        return hits < 0 ? MAX_HITS : Math.min(hits, MAX_HITS);
    }

    /**
     * The limit that a descriptor brings along.
     *
     * @param index of the descriptor, for the error
     * @throws InvalidFieldException if its window is none, or longer than the longest unit
     */
    Limit override(RateLimitOverride override, int index) {
        long multiplier = override.hasUnitMultiplier()
                ? Integer.toUnsignedLong(override.getUnitMultiplier().getValue())
                : 1;
        if (override.getUnit() == RateLimitUnit.UNKNOWN) { // so is a number that no unit has
            throw new InvalidFieldException(path(index) + "limit.unit", "UNKNOWN", "a unit from SECOND to YEAR");
        }
        Unit unit = Unit.valueOf(override.getUnit().name());
        long longest = longestUnit.seconds() / unit.seconds();
        if (longest == 0) {
            throw new InvalidFieldException(
                    path(index) + "limit.unit",
                    unit.name(),
                    "at most " + longestUnit.name() + ", the setting rls.longest_unit");
        }
        if (multiplier < 1 || multiplier > longest) {
            throw new InvalidFieldException(
                    path(index) + "limit.unit_multiplier",
                    multiplier,
                    "1 to " + longest + " for " + unit.name() + ", by the setting rls.longest_unit");
        }
        return new Limit(Integer.toUnsignedLong(override.getRequestsPerUnit()), unit, (int) multiplier);
    }

    private static String path(int index) {
        return "descriptors[" + index + "].";
    }
}
