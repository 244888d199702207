package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.v1.CacheState;
import java.time.Duration;

/**
 * The cache's reply for one id.
 *
 * @param leaseLeft on a miss without a lease, how long another caller's lease lasts
 */
record CacheReply(CacheState state, String json, String lease, Duration leaseLeft) {

    /** The cache failed, or had no useful reply within the maximum wait. */
    static final CacheReply UNKNOWN = new CacheReply(CacheState.CACHE_STATE_UNSPECIFIED, "", "", Duration.ZERO);

    static CacheReply of(CacheState state, String json, String lease, com.google.protobuf.Duration wait) {
        return new CacheReply(state, json, lease, Duration.ofSeconds(wait.getSeconds(), wait.getNanos()));
    }

    boolean isLeasedElsewhere() {
        return state == CacheState.CACHE_STATE_MISS && lease.isEmpty();
    }

    /** Without the JSON, which may be personal data, and the lease, which is a capability. */
    @Override
    public String toString() {
        return "CacheReply[" + state + "]";
    }
}
