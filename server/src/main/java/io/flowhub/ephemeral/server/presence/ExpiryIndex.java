package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * When to check whether each user is still online, in Redis. A hint: heartbeats do not write to it, so an entry is the
 * earliest time at which the user can go offline. On a Cluster it has several parts, so that each master holds some.
 */
final class ExpiryIndex {

    static final int MAX_CLAIMED_USERS = 500;

    private static final long CLAIM_MILLIS = 2_000;
    private static final int PARTS_ON_CLUSTER = 16;

    private static final Script SCHEDULE = Script.load("presence/schedule");
    private static final Script CLAIM_DUE = Script.load("presence/claim_due");
    private static final Script RESCHEDULE = Script.load("presence/reschedule");

    private static final List<String> CLAIM_ARGS =
            List.of(Integer.toString(MAX_CLAIMED_USERS), Long.toString(CLAIM_MILLIS));

    private final RedisClient redis;

    ExpiryIndex(RedisClient redis) {
        this.redis = redis;
    }

    /** The key of the part that holds the user. */
    String partOf(String userId) {
        return PresenceKeys.index(Math.floorMod(userId.hashCode(), partCount()));
    }

    /** The keys of all parts. */
    List<String> parts() {
        return IntStream.range(0, partCount()).mapToObj(PresenceKeys::index).toList();
    }

    private int partCount() {
        return redis.isCluster() ? PARTS_ON_CLUSTER : 1;
    }

    /** Schedules the check of a user for when its presence expires. */
    CompletableFuture<Boolean> scheduleCheck(String userId, long expiresInMillis) {
        return redis.callUncancellable(new Operation<>(
                SCHEDULE, List.of(partOf(userId)), List.of(Long.toString(expiresInMillis), userId), reply -> true));
    }

    /** Claims users that are due. No other server can claim them for two seconds. */
    CompletableFuture<DueUsers> claimDue(String part) {
        return redis.callUncancellable(new Operation<>(CLAIM_DUE, List.of(part), CLAIM_ARGS, DueUsers::of));
    }

    /** Schedules the next check of claimed users that are online, and removes the others. */
    CompletableFuture<Boolean> reschedule(String part, DueUsers claimed, List<CheckedUser> checked) {
        return redis.callUncancellable(
                new Operation<>(RESCHEDULE, List.of(part), rescheduleArgs(claimed, checked), reply -> true));
    }

    private static List<String> rescheduleArgs(DueUsers claimed, List<CheckedUser> checked) {
        List<String> args = new ArrayList<>(2 + 2 * checked.size());
        args.add(Long.toString(claimed.claimedUntil()));
        args.add(Integer.toString(checked.size()));
        for (CheckedUser user : checked) {
            args.add(user.userId());
            args.add(Long.toString(user.nextCheckMillis()));
        }
        return args;
    }
}
