package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * When to check whether each user is still online, in Redis. A hint: heartbeats do not write to it, so an entry is the
 * earliest time at which the user can go offline; a server postpones the entries of its users from time to time. On a
 * Cluster it has several parts, so that no single master is needed for all users.
 */
final class ExpiryIndex {

    static final int MAX_CLAIMED_USERS = 500;

    static final long CLAIM_MILLIS = 2_000;

    /** Each part with online users costs five commands every few seconds. */
    private static final int PARTS_ON_CLUSTER = 2;

    /** Numbers of the parts, for names whose slots are half a Cluster apart. */
    private static final int STEP = 2;

    /** Users per call. It blocks Redis for about a millisecond. */
    private static final int MAX_POSTPONED_USERS = 1_000;

    private static final Script SCHEDULE = Script.load("presence/schedule");
    private static final Script PULL_IN = Script.load("presence/pull_in");
    private static final Script COUNT_SCHEDULED = Script.load("presence/count_scheduled");
    private static final Script CLAIM_DUE = Script.load("presence/claim_due");
    private static final Script RESCHEDULE = Script.load("presence/reschedule");
    private static final Script POSTPONE = Script.load("presence/postpone").maxInFlight(1);

    private final RedisClient redis;

    ExpiryIndex(RedisClient redis) {
        this.redis = redis;
    }

    /** The key of the part that holds the user. */
    String partOf(String userId) {
        return PresenceKeys.index(STEP * Math.floorMod(userId.hashCode(), partCount()));
    }

    /** The keys of all parts. */
    List<String> parts() {
        return IntStream.range(0, partCount())
                .mapToObj(part -> PresenceKeys.index(STEP * part))
                .toList();
    }

    private int partCount() {
        return redis.isCluster() ? PARTS_ON_CLUSTER : 1;
    }

    /** Schedules the check of a user for when its presence expires. */
    CompletableFuture<Boolean> scheduleCheck(String userId, long expiresInMillis) {
        return redis.callUncancellable(new Operation<>(
                SCHEDULE, List.of(partOf(userId)), List.of(Long.toString(expiresInMillis), userId), reply -> true));
    }

    /**
     * Postpones the checks of users that sent heartbeats.
     *
     * @param ageMillis how long ago each user sent the last one; not empty
     * @return milliseconds until the next check of the part is due
     */
    CompletableFuture<Long> postpone(String part, Map<String, Long> ageMillis, Duration ttl) {
        List<CompletableFuture<Long>> replies = new ArrayList<>();
        List<String> args = new ArrayList<>();
        Iterator<Map.Entry<String, Long>> users = ageMillis.entrySet().iterator();
        while (users.hasNext()) {
            if (args.isEmpty()) {
                args.add(Long.toString(ttl.toMillis()));
            }
            Map.Entry<String, Long> user = users.next();
            args.add(user.getKey());
            args.add(Long.toString(user.getValue()));
            if (args.size() > 2 * MAX_POSTPONED_USERS || !users.hasNext()) {
                replies.add(redis.callUncancellable(
                        new Operation<>(POSTPONE, List.of(part), List.copyOf(args), reply -> reply.number(0))));
                args.clear();
            }
        }
        return Futures.allAsList(replies).thenApply(next -> next.get(next.size() - 1)); // they run in order
    }

    /**
     * Claims users that are due. No other server can claim them for two seconds.
     *
     * @param due users that are due, whatever the index holds
     */
    CompletableFuture<DueUsers> claimDue(String part, List<String> due) {
        List<String> args = new ArrayList<>(2 + due.size());
        args.add(Integer.toString(MAX_CLAIMED_USERS));
        args.add(Long.toString(CLAIM_MILLIS));
        args.addAll(due);
        return redis.callUncancellable(new Operation<>(CLAIM_DUE, List.of(part), args, DueUsers::of));
    }

    /**
     * Schedules the next check of claimed users that are online, and removes the others.
     *
     * @return milliseconds until the next check of the part is due, or -1 if none is scheduled
     */
    CompletableFuture<Long> reschedule(String part, DueUsers claimed, List<CheckedUser> checked) {
        return redis.callUncancellable(
                new Operation<>(RESCHEDULE, List.of(part), rescheduleArgs(claimed, checked), reply -> reply.number(0)));
    }

    /** Schedules the checks that are later than one TTL from now for then. */
    CompletableFuture<Boolean> pullIn(String part, Duration ttl) {
        List<String> args = List.of(Long.toString(ttl.toMillis()), Integer.toString(MAX_POSTPONED_USERS));
        return redis.callUncancellable(new Operation<>(PULL_IN, List.of(part), args, reply -> reply.number(0)))
                .thenCompose(users ->
                        users < MAX_POSTPONED_USERS ? CompletableFuture.completedFuture(true) : pullIn(part, ttl));
    }

    /** Counts the users of all parts: those that are online. */
    CompletableFuture<Long> size() {
        return Futures.allAsList(parts().stream().map(this::size).toList())
                .thenApply(sizes -> sizes.stream().mapToLong(Long::longValue).sum());
    }

    private CompletableFuture<Long> size(String part) {
        return redis.callUncancellable(
                new Operation<>(COUNT_SCHEDULED, List.of(part), List.of(), reply -> reply.number(0)));
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
