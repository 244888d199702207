package io.flowhub.ephemeral.server.cache;

/**
 * The result of a read of a cache entry.
 *
 * @param json the object as text; empty unless the state is HIT or STALE
 * @param ageMillis the time since the entry was put; 0 on a miss
 * @param lease the lease that this read acquired; empty if it acquired none
 * @param waitMillis on a miss without a lease, the time until the current lease expires; otherwise 0
 */
record CacheResult(State state, String json, long ageMillis, String lease, long waitMillis) {

    enum State {
        /** The object is cached. */
        HIT,

        /** The object is cached and past its soft age, and this read acquired the lease to reload it. */
        STALE,

        /** There is no entry. */
        MISS,

        /** The entry records that there is no object. */
        NEGATIVE
    }

    static CacheResult miss(String lease, long waitMillis) {
        return new CacheResult(State.MISS, "", 0, lease, waitMillis);
    }

    static CacheResult negative(long ageMillis) {
        return new CacheResult(State.NEGATIVE, "", ageMillis, "", 0);
    }

    static CacheResult object(String json, long ageMillis, String lease) {
        return new CacheResult(lease.isEmpty() ? State.HIT : State.STALE, json, ageMillis, lease, 0);
    }

    boolean isMiss() {
        return state == State.MISS;
    }

    @Override
    public String toString() {
        return "CacheResult[" + state + ", " + json.length() + " characters]";
    }
}
