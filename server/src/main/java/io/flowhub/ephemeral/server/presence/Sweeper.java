package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.v1.ErrorReason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the users who went silent. Redis tells when a key has ended only when it comes across it, up to a minute later; so
 * each server looks at those whose time has come by the {@link ExpiryIndex}, in three steps:
 *
 * <ol>
 *   <li>take them from the index, for two seconds, in which no other server gets them
 *   <li>of each, announce in one step with the look that he is offline, if he is
 *   <li>note when to look again at those who are online, and forget the others
 * </ol>
 *
 * A server that dies on the way leaves them to another one two seconds later; if it had announced somebody, he is announced
 * again, which the watchers know already.
 *
 * <p>When Redis was away, heartbeats did not arrive: nobody is looked at until everybody had the time to send one.
 */
final class Sweeper {

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

    private static final Script CLAIM_DUE = Script.load("presence/claim_due");
    private static final Script ANNOUNCE_IF_OFFLINE = Script.load("presence/announce_if_offline");
    private static final Script RESCHEDULE = Script.load("presence/reschedule");

    private static final int USERS_AT_ONCE = 500;
    private static final String PUT_OFF_MILLIS = "2000";

    /** Someone may be due earlier than the index said when it was last asked: SetOffline ends a connection. */
    private static final long MAX_PAUSE_MILLIS = 150;

    private static final long MIN_PAUSE_MILLIS = 30;

    private final RedisClient redis;
    private final ExpiryIndex index;
    private final String ttlMillis;
    private final BooleanSupplier calm;
    private final ScheduledExecutorService scheduler;

    /** @param calm whether Redis has been there for as long as a heartbeat lasts */
    Sweeper(PresenceStore beats, RedisClient redis, BooleanSupplier calm, ScheduledExecutorService scheduler) {
        this.redis = redis;
        this.index = beats.index();
        this.ttlMillis = Long.toString(beats.ttl().toMillis());
        this.calm = calm;
        this.scheduler = scheduler;
    }

    void start() {
        later(MAX_PAUSE_MILLIS);
    }

    private void later(long millis) {
        if (!scheduler.isShutdown()) {
            var unused = scheduler.schedule(this::sweep, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        CompletableFuture<Long> pause = CompletableFuture.completedFuture(MAX_PAUSE_MILLIS);
        try {
            pause = calm.getAsBoolean() ? sweepParts() : pause;
        } finally { // an exception must not end the loop
            Futures.ignore(pause.whenComplete((millis, failure) -> later(failure == null ? millis : MAX_PAUSE_MILLIS)));
        }
    }

    /** Returns how long to wait until there may be more to do. */
    private CompletableFuture<Long> sweepParts() {
        return Futures.allAsList(index.keys().stream().map(this::sweepPart).toList())
                .thenApply(pauses -> pauses.isEmpty() ? MAX_PAUSE_MILLIS : Collections.min(pauses));
    }

    /** Returns how long to wait until there may be more to do. Never fails: what is left is found again. */
    private CompletableFuture<Long> sweepPart(String part) {
        return redis.callUncancellable(new Operation<>(
                        CLAIM_DUE, List.of(part), List.of(Integer.toString(USERS_AT_ONCE), PUT_OFF_MILLIS), Due::of))
                .thenCompose(due ->
                        due.users().isEmpty() ? CompletableFuture.completedFuture(due.pauseMillis()) : claim(part, due))
                .exceptionally(failure -> {
                    if (StatusMapper.reason(failure) == ErrorReason.ERROR_REASON_INTERNAL) {
                        log.error("Unexpected error in the sweep of {}", part, failure);
                    }
                    return MAX_PAUSE_MILLIS;
                });
    }

    private CompletableFuture<Long> claim(String part, Due due) {
        List<CompletableFuture<Long>> claims =
                due.users().stream().map(this::claim).toList();
        return CompletableFuture.allOf(claims.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> settlement(due, claims)) // who could not be looked at stays put off
                .thenCompose(args -> redis.callUncancellable(
                        new Operation<>(RESCHEDULE, List.of(part), args, reply -> due.pauseMillis())));
    }

    private CompletableFuture<Long> claim(String userId) {
        return redis.callUncancellable(new Operation<>(
                ANNOUNCE_IF_OFFLINE,
                List.of(PresenceKeys.user(userId)),
                List.of(userId, ttlMillis),
                reply -> reply.number(0)));
    }

    private static List<String> settlement(Due due, List<CompletableFuture<Long>> claims) {
        List<String> args = new ArrayList<>(List.of(Long.toString(due.putOffUntil()), ""));
        for (int i = 0; i < claims.size(); i++) {
            if (!claims.get(i).isCompletedExceptionally()) {
                args.add(due.users().get(i));
                args.add(Long.toString(Objects.requireNonNull(claims.get(i).getNow(null))));
            }
        }
        args.set(1, Integer.toString((args.size() - 2) / 2));
        return args;
    }

    /** Who is to be looked at. */
    private record Due(List<String> users, long putOffUntil, long pauseMillis) {

        static Due of(Reply reply) {
            int count = (int) reply.number(0);
            long next = reply.number(2);
            List<String> users =
                    IntStream.range(0, count).mapToObj(i -> reply.text(3 + i)).toList();
            return new Due(users, reply.number(1), count == USERS_AT_ONCE ? 0 : pause(next));
        }

        private static long pause(long next) {
            return next < 0 ? MAX_PAUSE_MILLIS : Math.max(MIN_PAUSE_MILLIS, Math.min(MAX_PAUSE_MILLIS, next + 1));
        }
    }
}
