package io.flowhub.ephemeral.server.cache;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flowhub.ephemeral.v1.CacheState;
import java.nio.charset.StandardCharsets;

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

    /**
     * The object as a response has it. As bytes: of a string, protobuf computes the length twice, character by character,
     * before it encodes it.
     */
    static ByteString json(CacheResult result) {
        return UnsafeByteOperations.unsafeWrap(result.json().getBytes(StandardCharsets.UTF_8));
    }

    private CacheMessages() {}
}
