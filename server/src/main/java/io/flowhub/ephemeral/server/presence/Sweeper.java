package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the users whose heartbeats stopped. The keyspace events of Redis are not enough: Redis sends them only when it
 * deletes the expired key, up to a minute late. So every server checks the users that are due in the {@link ExpiryIndex}:
 *
 * <ol>
 *   <li>shortly before a check is due, postpone the checks of all users that sent this server a heartbeat
 *   <li>claim the users that are due nevertheless for two seconds, in which no other server can claim them
 *   <li>check each user and announce, in the same script, that it is offline, if it is
 *   <li>schedule the next check of the users that are online, and remove the others from the index
 * </ol>
 *
 * Until the next check is due, which the {@link DueTimes} know, nothing is sent to Redis. If a server stops in between,
 * another one claims its users when the claim expires. A user that the first server had announced is announced again,
 * which the hubs ignore.
 *
 * <p>During an outage of Redis heartbeats are lost, so no user is checked until each online user has had time to send one.
 */
final class Sweeper implements Subscriber {

    private static final Logger log = LoggerFactory.getLogger(Sweeper.class);
    private static final LogEvent FAILED = LogEvent.error("sweep_failed", "Unexpected error in the sweep of {part}");

    /** After a failure, and while no user may be checked. */
    private static final Duration RETRY_DELAY = Duration.ofMillis(150);

    /** Users that expire within this time are claimed together. */
    private static final long MIN_PAUSE_MILLIS = 30;

    /** A check that is due later was scheduled before the clock of Redis was set back, or by a server with another TTL. */
    private static final int MAX_TTLS = 3;

    /** Times the number of parts. An announcement can be lost unnoticed, together with the server that caused it. */
    private static final Duration MAX_PAUSE = Duration.ofMinutes(2);

    /** How long before a check is due the users with heartbeats are postponed, at most; other servers claim them then. */
    private static final Duration MAX_LEAD = Duration.ofMillis(250);

    private final PresenceStore store;
    private final ExpiryIndex index;
    private final DueTimes dueTimes;
    private final BooleanSupplier settled;
    private final DaemonScheduler scheduler;
    private final Ticker ticker;
    private final PresenceMetrics metrics;
    private final Duration lead;

    /** The parts whose checks may be too late, because the clock of Redis was set back. */
    private final Set<String> late = ConcurrentHashMap.newKeySet();

    private @Nullable ScheduledFuture<?> next;
    private boolean sweeping;

    /** @param settled whether Redis has been available for one presence TTL */
    Sweeper(
            PresenceStore store,
            BooleanSupplier settled,
            DaemonScheduler scheduler,
            Ticker ticker,
            PresenceMetrics metrics) {
        this.store = store;
        this.index = store.index();
        this.dueTimes = store.dueTimes();
        this.settled = settled;
        this.scheduler = scheduler;
        this.ticker = ticker;
        this.metrics = metrics;
        Duration tenth = store.ttl().dividedBy(10);
        this.lead = tenth.compareTo(MAX_LEAD) < 0 ? tenth : MAX_LEAD;
    }

    void start() {
        dueTimes.onEarlier(this::schedule);
        schedule();
    }

    @Override
    public void onMessage(String message) {
        UserState state = UserState.parseAnnouncement(message);
        if (state == null) {
            return;
        }
        if (state.online()) {
            dueTimes.dueIn(index.partOf(state.userId()), store.ttl());
        } else {
            dueTimes.wentOffline(state.userId());
            store.recentHeartbeats().forget(state.userId());
        }
    }

    /** Announcements of users that came online may be lost. */
    @Override
    public void onGap() {
        dueTimes.forget();
    }

    /** The clock of Redis was set. */
    void onClockStep() {
        late.addAll(index.parts());
        dueTimes.forget();
    }

    /** Schedules the next sweep, shortly before the next check is due, to postpone it. */
    private void schedule() {
        schedule(() -> {
            Duration untilDue = untilDue();
            return untilDue.compareTo(lead) > 0 ? untilDue.minus(lead) : untilDue;
        });
    }

    /** A sweep that is running schedules the next one itself. */
    private synchronized void schedule(Supplier<Duration> delay) {
        if (!sweeping) {
            if (next != null) {
                next.cancel(false);
            }
            next = scheduler.schedule(this::sweep, delay.get().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private Duration untilDue() {
        return dueTimes.untilNext(index.parts());
    }

    private synchronized void setSweeping(boolean running) {
        sweeping = running;
    }

    private void sweep() {
        setSweeping(true);
        Runnable scheduleNext = () -> schedule(() -> RETRY_DELAY);
        CompletableFuture<?> done = CompletableFuture.completedFuture(true);
        try {
            if (settled.getAsBoolean()) {
                List<CompletableFuture<Boolean>> parts = sweepParts();
                done = Futures.allAsList(parts);
                scheduleNext = parts.isEmpty() ? () -> schedule(this::untilDue) : this::schedule;
            }
        } finally { // an exception must not end the loop
            Runnable then = scheduleNext;
            Futures.ignore(done.whenComplete((swept, failure) -> {
                setSweeping(false);
                then.run();
            }));
        }
    }

    /** Sweeps the parts that are due or hold users with heartbeats. */
    private List<CompletableFuture<Boolean>> sweepParts() {
        Map<String, Map<String, Long>> ages = new HashMap<>();
        long maxAgeMillis = store.ttl().minus(lead).toMillis();
        store.recentHeartbeats().drain().forEach((userId, ageMillis) -> {
            if (ageMillis < maxAgeMillis) {
                ages.computeIfAbsent(index.partOf(userId), part -> new HashMap<>())
                        .put(userId, ageMillis);
            }
        });
        List<CompletableFuture<Boolean>> swept = new ArrayList<>();
        for (String part : index.parts()) {
            if (ages.containsKey(part) || dueTimes.isDue(part)) {
                swept.add(sweepPart(part, ages.getOrDefault(part, Map.of())));
            }
        }
        return swept;
    }

    /** Never fails: a later sweep finds the same users. */
    private CompletableFuture<Boolean> sweepPart(String part, Map<String, Long> ages) {
        List<String> ended = dueTimes.ask(part);
        CompletableFuture<Long> nextDueMillis = pullInIfLate(part)
                .thenCompose(done -> postpone(part, ages))
                .thenCompose(millis -> millis == 0 || !ended.isEmpty()
                        ? checkDue(part, ended)
                        : CompletableFuture.completedFuture(millis));
        return pauseAfter(part, nextDueMillis).thenApply(pause -> {
            dueTimes.dueIn(part, pause);
            return true;
        });
    }

    private CompletableFuture<Duration> pauseAfter(String part, CompletableFuture<Long> nextDueMillis) {
        return nextDueMillis.thenApply(millis -> pause(part, millis)).exceptionally(failure -> {
            if (!(Futures.unwrap(failure) instanceof ServiceException)) {
                FAILED.log(log, part, failure);
            }
            return RETRY_DELAY;
        });
    }

    private CompletableFuture<Boolean> pullInIfLate(String part) {
        if (!late.remove(part)) {
            return CompletableFuture.completedFuture(true);
        }
        return index.pullIn(part, store.ttl()).whenComplete((done, failure) -> {
            if (failure != null) {
                late.add(part);
            }
        });
    }

    /** Returns the milliseconds until the next check of the part is due. */
    private CompletableFuture<Long> postpone(String part, Map<String, Long> ages) {
        return ages.isEmpty() ? CompletableFuture.completedFuture(0L) : index.postpone(part, ages, store.ttl());
    }

    /**
     * Returns the milliseconds until the next check of the part is due, or -1 if none is scheduled. The next sweep does not
     * wait for the checks of a few users: to a distant Redis they take two round trips more.
     */
    private CompletableFuture<Long> checkDue(String part, List<String> ended) {
        return index.claimDue(part, ended).thenCompose(due -> {
            if (due.users().isEmpty()) {
                return CompletableFuture.completedFuture(due.nextDueMillis());
            }
            CompletableFuture<Long> checked = check(part, due);
            if (due.users().size() == ExpiryIndex.MAX_CLAIMED_USERS) { // there may be more: one claim after the other
                return checked;
            }
            Futures.ignore(pauseAfter(part, checked).thenAccept(pause -> dueTimes.dueIn(part, pause)));
            return CompletableFuture.completedFuture(atLeastMinPause(due.nextDueMillis()));
        });
    }

    private static long atLeastMinPause(long millis) {
        return millis < 0 ? millis : Math.max(millis, MIN_PAUSE_MILLIS);
    }

    private CompletableFuture<Long> check(String part, DueUsers due) {
        long claimedNanos = ticker.read();
        return Futures.allAsList(due.users().stream()
                        .map(user -> check(user, claimedNanos))
                        .toList())
                .thenApply(results -> results.stream().flatMap(Optional::stream).toList())
                .thenCompose(checked -> index.reschedule(part, due, checked));
    }

    /** Returns empty if the check failed: the user stays claimed, and is checked again when the claim expires. */
    private CompletableFuture<Optional<CheckedUser>> check(DueUser user, long claimedNanos) {
        return store.announceIfOffline(user.userId())
                .thenApply(checked -> {
                    if (checked.nextCheckMillis() == CheckedUser.OFFLINE) {
                        metrics.onAnnouncedOffline(
                                Duration.ofMillis(user.overdueMillis()).plusNanos(ticker.read() - claimedNanos));
                    }
                    return Optional.of(checked);
                })
                .exceptionally(failure -> Optional.empty());
    }

    private Duration pause(String part, long millisUntilDue) {
        if (millisUntilDue > MAX_TTLS * store.ttl().toMillis()) {
            late.add(part);
            return store.ttl();
        }
        Duration max = MAX_PAUSE.multipliedBy(index.parts().size());
        Duration untilDue = Duration.ofMillis(millisUntilDue);
        return untilDue.isNegative() || untilDue.compareTo(max) > 0 ? max : untilDue;
    }
}
