package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.CacheState;
import java.time.Duration;

/**
 * What the cache has to say of an id.
 *
 * @param othersTime on a miss without a lease, how long somebody else has to fill it
 */
record Entry(CacheState state, String json, String lease, Duration othersTime) {

    /** The cache cannot be asked, or has said nothing useful for too long. */
    static final Entry UNKNOWN = new Entry(CacheState.CACHE_STATE_UNSPECIFIED, "", "", Duration.ZERO);

    static Entry of(CacheState state, String json, String lease, com.google.protobuf.Duration wait) {
        return new Entry(state, json, lease, Duration.ofSeconds(wait.getSeconds(), wait.getNanos()));
    }

    /** Somebody else has the lease to fill it. */
    boolean isOthersTurn() {
        return state == CacheState.CACHE_STATE_MISS && lease.isEmpty();
    }

    /** With the JSON, the lease is nobody else's business and the object may be a person's. */
    @Override
    public String toString() {
        return "Entry[" + state + "]";
    }
}
