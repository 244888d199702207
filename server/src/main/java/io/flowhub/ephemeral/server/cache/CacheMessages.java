package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.v1.CacheState;

/** What {@link UserMessages} and {@link ProductMessages} share. */
final class CacheMessages {

    static CacheState state(CacheResult result) {
        return switch (result.state()) {
            case HIT -> CacheState.CACHE_STATE_HIT;
            case STALE -> CacheState.CACHE_STATE_STALE;
            case MISS -> CacheState.CACHE_STATE_MISS;
            case NEGATIVE -> CacheState.CACHE_STATE_NEGATIVE;
        };
    }

    private CacheMessages() {}
}
