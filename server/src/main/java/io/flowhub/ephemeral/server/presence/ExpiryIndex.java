package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.redis.RedisClient;
import java.util.List;
import java.util.stream.IntStream;

/**
 * When to look whether a user is still online. A hint, not the truth: a heartbeat does not touch it, so an entry says when
 * a user goes offline at the earliest. On a Cluster it has several parts, so that each master has some of them.
 */
final class ExpiryIndex {

    private static final int PARTS_ON_CLUSTER = 16;

    private final RedisClient redis;

    ExpiryIndex(RedisClient redis) {
        this.redis = redis;
    }

    /** The part that a user is in. */
    String keyOf(String userId) {
        return keyOf(Math.floorMod(userId.hashCode(), parts()));
    }

    List<String> keys() {
        return IntStream.range(0, parts()).mapToObj(ExpiryIndex::keyOf).toList();
    }

    private static String keyOf(int part) {
        return PresenceKeys.index(part);
    }

    private int parts() {
        return redis.isCluster() ? PARTS_ON_CLUSTER : 1;
    }
}
