package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** The rules of presence: what is asked of Redis, and in which order. */
final class PresenceStore {

    private static final Script HEARTBEAT = Script.load("presence/heartbeat");
    private static final Script EXTEND_MANY =
            Script.load("presence/extend_many").maxInFlight(2);
    private static final Script HEARTBEAT_CONNECTION = Script.load("presence/heartbeat_connection");
    private static final Script MARK_ONLINE = Script.load("presence/mark_online");
    private static final Script SCHEDULE = Script.load("presence/schedule");
    private static final Script DISCONNECT = Script.load("presence/disconnect");
    private static final Script GET = Script.load("presence/get");

    private static final CompletableFuture<Boolean> WAS_ONLINE = CompletableFuture.completedFuture(false);

    private final RedisClient redis;
    private final ExpiryIndex index;
    private final Duration ttl;
    private final String ttlMillis;
    private final List<String> beatArgs;

    PresenceStore(PresenceSettings settings, RedisClient redis) {
        this.redis = redis;
        this.index = new ExpiryIndex(redis);
        this.ttl = settings.ttl();
        this.ttlMillis = Long.toString(ttl.toMillis());
        this.beatArgs = List.of(ttlMillis);
    }

    Duration ttl() {
        return ttl;
    }

    ExpiryIndex index() {
        return index;
    }

    /** Returns whether this brought the user online. */
    CompletableFuture<Boolean> beat(Heartbeat beat) {
        return redis.call(operation(beat)).thenCompose(prolonged -> prolonged ? WAS_ONLINE : comeOnline(beat.userId()));
    }

    /** Whether its user may be among those of {@link #prolong}: on a Cluster their keys are in many slots. */
    boolean goesWithOthers(Heartbeat beat) {
        return !beat.hasConnection() && !redis.isCluster();
    }

    /**
     * Prolongs the time of all who are online: one operation for all of them costs two thirds of one each. Returns the places of
     * the others in the list, who are to {@link #comeOnline}.
     */
    CompletableFuture<List<Integer>> prolong(List<String> userIds) {
        return redis.call(new Operation<>(
                EXTEND_MANY,
                userIds.stream().map(PresenceKeys::user).toList(),
                beatArgs,
                reply -> IntStream.rangeClosed(1, (int) reply.number(0))
                        .mapToObj(i -> (int) reply.number(i))
                        .toList()));
    }

    private Operation<Boolean> operation(Heartbeat beat) {
        return beat.hasConnection()
                ? new Operation<>(
                        HEARTBEAT_CONNECTION,
                        List.of(beat.key(), beat.connectionsKey()),
                        List.of(ttlMillis, beat.connectionId()),
                        reply -> reply.number(0) == 1)
                : new Operation<>(HEARTBEAT, List.of(beat.key()), beatArgs, reply -> reply.number(0) == 1);
    }

    /**
     * Makes a user online who was not. Returns whether this brought him online, and not another heartbeat meanwhile. On a
     * Cluster the index is in another slot and comes first: a note of somebody who is not online does no harm, but
     * nobody would notice the end of somebody who is online without one.
     */
    CompletableFuture<Boolean> comeOnline(String userId) {
        String key = PresenceKeys.user(userId);
        boolean together = redis.sameSlot(key, index.keyOf(userId));
        return together
                ? comeOnline(key, index.keyOf(userId), userId)
                : arm(userId, ttlMillis).thenCompose(armed -> comeOnline(key, Operation.noKey(key), userId));
    }

    private CompletableFuture<Boolean> comeOnline(String key, String indexKey, String userId) {
        return redis.callUncancellable(new Operation<>(
                MARK_ONLINE,
                List.of(key, indexKey),
                List.of(ttlMillis, userId),
                reply -> reply.number(0) == 1)); // second half of a two-step write
    }

    private CompletableFuture<Boolean> arm(String userId, String millis) {
        return redis.callUncancellable(
                new Operation<>(SCHEDULE, List.of(index.keyOf(userId)), List.of(millis, userId), reply -> true));
    }

    /** Ends the connection, or all if the beat has none. Returns whether the user went offline. */
    CompletableFuture<Boolean> end(Heartbeat beat) {
        boolean together = redis.sameSlot(beat.key(), index.keyOf(beat.userId()));
        List<String> keys = List.of(
                beat.key(), beat.connectionsKey(), together ? index.keyOf(beat.userId()) : Operation.noKey(beat.key()));
        return redis.call(new Operation<>(
                        DISCONNECT,
                        keys,
                        List.of(beat.userId(), beat.connectionId()),
                        reply -> new Ended(reply.number(0) == 1, reply.number(1))))
                .thenCompose(ended -> together || ended.leftMillis() == 0
                        ? CompletableFuture.completedFuture(ended.wentOffline())
                        : arm(beat.userId(), Long.toString(ended.leftMillis())).thenApply(armed -> false));
    }

    private record Ended(boolean wentOffline, long leftMillis) {}

    CompletableFuture<UserState> look(String userId) {
        return redis.call(new Operation<>(GET, List.of(PresenceKeys.user(userId)), List.of(), reply -> {
            long left = reply.number(0);
            return new UserState(userId, left != -2, reply.number(1), Math.max(0, left));
        }));
    }
}
