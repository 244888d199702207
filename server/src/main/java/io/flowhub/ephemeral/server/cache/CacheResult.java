package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.v1.CacheState;

/**
 * What the cache has to say of an entry.
 *
 * @param json empty unless the object is there
 * @param ageMillis how long ago the entry was put; 0 on a miss
 * @param lease empty unless this caller got it
 * @param waitMillis on a miss, how long somebody else still has to fill the entry, else 0
 */
record CacheResult(CacheState state, String json, long ageMillis, String lease, long waitMillis) {

    static CacheResult miss(String lease, long waitMillis) {
        return new CacheResult(CacheState.CACHE_STATE_MISS, "", 0, lease, waitMillis);
    }

    static CacheResult negative(long ageMillis) {
        return new CacheResult(CacheState.CACHE_STATE_NEGATIVE, "", ageMillis, "", 0);
    }

    /** There; with a lease this caller is asked to load it anew. */
    static CacheResult object(String json, long ageMillis, String lease) {
        return new CacheResult(
                lease.isEmpty() ? CacheState.CACHE_STATE_HIT : CacheState.CACHE_STATE_STALE, json, ageMillis, lease, 0);
    }

    boolean isMiss() {
        return state == CacheState.CACHE_STATE_MISS;
    }

    @Override
    public String toString() {
        return "Lookup[" + state + ", " + json.length() + " characters]";
    }
}
