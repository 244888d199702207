package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.ServiceException;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the users whose heartbeats stopped. The keyspace events of Redis are not enough: Redis sends them only when it
 * deletes the expired key, up to a minute late. So every server checks the users that are due in the {@link ExpiryIndex},
 * in three steps:
 *
 * <ol>
 *   <li>claim due users for two seconds, in which no other server can claim them
 *   <li>check each user and announce, in the same script, that it is offline, if it is
 *   <li>schedule the next check of the users that are online, and remove the others from the index
 * </ol>
 *
 * If a server stops in between, another one claims its users when the claim expires. A user that the first server had
 * announced is announced again, which the hubs ignore.
 *
 * <p>During an outage of Redis heartbeats are lost, so no user is checked until each online user has had time to send one.
 */
final class Sweeper {

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

    /** A user may become due before the next check that the last sweep found: SetOffline ends a connection. */
    private static final long MAX_PAUSE_MILLIS = 150;

    private static final long MIN_PAUSE_MILLIS = 30;

    private final PresenceStore store;
    private final ExpiryIndex index;
    private final BooleanSupplier settled;
    private final DaemonScheduler scheduler;

    /** @param settled whether Redis has been available for one presence TTL */
    Sweeper(PresenceStore store, BooleanSupplier settled, DaemonScheduler scheduler) {
        this.store = store;
        this.index = store.index();
        this.settled = settled;
        this.scheduler = scheduler;
    }

    void start() {
        sweepAfter(MAX_PAUSE_MILLIS);
    }

    private void sweepAfter(long millis) {
        scheduler.runAfter(Duration.ofMillis(millis), this::sweep);
    }

    private void sweep() {
        CompletableFuture<Long> pause = CompletableFuture.completedFuture(MAX_PAUSE_MILLIS);
        try {
            pause = settled.getAsBoolean() ? sweepParts() : pause;
        } finally { // an exception must not end the loop
            Futures.ignore(
                    pause.whenComplete((millis, failure) -> sweepAfter(failure == null ? millis : MAX_PAUSE_MILLIS)));
        }
    }

    /** Returns the milliseconds until the next sweep. */
    private CompletableFuture<Long> sweepParts() {
        return Futures.allAsList(index.parts().stream().map(this::sweepPart).toList())
                .thenApply(Collections::min);
    }

    /** Returns the milliseconds until the next sweep of the part. Never fails: a later sweep finds the same users. */
    private CompletableFuture<Long> sweepPart(String part) {
        return index.claimDue(part)
                .thenCompose(due -> check(part, due).thenApply(done -> pauseAfter(due)))
                .exceptionally(failure -> {
                    if (!(Futures.unwrap(failure) instanceof ServiceException)) {
                        log.error("Unexpected error in the sweep of {}", part, failure);
                    }
                    return MAX_PAUSE_MILLIS;
                });
    }

    private CompletableFuture<Boolean> check(String part, DueUsers due) {
        if (due.userIds().isEmpty()) {
            return CompletableFuture.completedFuture(true);
        }
        return Futures.allAsList(due.userIds().stream().map(this::check).toList())
                .thenApply(results -> results.stream().flatMap(Optional::stream).toList())
                .thenCompose(checked -> index.reschedule(part, due, checked));
    }

    /** Returns empty if the check failed: the user stays claimed, and is checked again when the claim expires. */
    private CompletableFuture<Optional<CheckedUser>> check(String userId) {
        return store.announceIfOffline(userId).thenApply(Optional::of).exceptionally(failure -> Optional.empty());
    }

    private static long pauseAfter(DueUsers due) {
        if (due.userIds().size() == ExpiryIndex.MAX_CLAIMED_USERS) { // there may be more
            return 0;
        }
        return due.nextDueMillis() < 0
                ? MAX_PAUSE_MILLIS
                : Math.max(MIN_PAUSE_MILLIS, Math.min(MAX_PAUSE_MILLIS, due.nextDueMillis() + 1));
    }
}
