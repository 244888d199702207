package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The streams of this server that watch users. They learn of each step from what the scripts announce, and everything is
 * read again every now and then, and whenever announcements may have been missed.
 */
final class PresenceHub implements Subscriber {

    /** Where the scripts announce who comes and goes. */
    static final String CHANNEL = "ephemeral:presence";

    private static final long READ_ALL_SECONDS = 30;
    private static final long TRY_AGAIN_MILLIS = 250;
    private static final int USERS_AT_ONCE = 1_000;

    private final PresenceStore beats;
    private final RestartDetector runs;
    private final OutageTracker outages;
    private final ScheduledExecutorService scheduler;
    private final Set<PresenceStream> streams = ConcurrentHashMap.newKeySet();
    private final Map<String, Set<PresenceStream>> byUser = new ConcurrentHashMap<>();

    /** Whether a reading of all is to follow, so that it need not be asked for again. */
    private final AtomicBoolean readingAsked = new AtomicBoolean();

    private volatile boolean stale = true;

    PresenceHub(PresenceStore beats, RestartDetector runs, ScheduledExecutorService scheduler) {
        this.beats = beats;
        this.runs = runs;
        this.outages = new OutageTracker(beats.ttl(), scheduler, this::outageBegins, this::outageEnds);
        this.scheduler = scheduler;
    }

    void start() {
        var unused =
                scheduler.scheduleWithFixedDelay(this::onGap, READ_ALL_SECONDS, READ_ALL_SECONDS, TimeUnit.SECONDS);
    }

    OutageTracker outages() {
        return outages;
    }

    void opened(PresenceStream watch) {
        streams.add(watch);
        if (stale) {
            watch.tellStale();
            if (!stale) { // the outage ended in between, and perhaps nobody told this stream
                watch.tellResynced();
            }
        }
    }

    void closed(PresenceStream watch, Set<String> userIds) {
        streams.remove(watch);
        userIds.forEach(userId -> remove(watch, userId));
    }

    void add(PresenceStream watch, String userId) {
        byUser.compute(userId, (id, watches) -> {
            Set<PresenceStream> all = watches == null ? ConcurrentHashMap.newKeySet() : watches;
            all.add(watch);
            return all;
        });
    }

    void remove(PresenceStream watch, String userId) {
        byUser.computeIfPresent(userId, (id, watches) -> {
            watches.remove(watch);
            return watches.isEmpty() ? null : watches;
        });
    }

    /** Reads the state of users who were just added, and tries until it succeeds. Completes after the first try. */
    CompletableFuture<Void> snapshot(PresenceStream watch, List<String> userIds) {
        return read(userIds, watch::snapshot).exceptionally(failure -> {
            later(() -> {
                if (streams.contains(watch)) {
                    Futures.ignore(snapshot(watch, userIds));
                }
            });
            return null;
        });
    }

    /** What was told may be wrong from here on. */
    private void outageBegins() {
        if (stale) {
            return;
        }
        stale = true;
        streams.forEach(PresenceStream::tellStale);
    }

    /** Everybody who is there has been heard since. */
    private void outageEnds() {
        stale = false;
        Futures.ignore(runs.hasNew()); // from now on they are known
        readAll(List.copyOf(byUser.keySet()), () -> streams.forEach(PresenceStream::tellResynced));
    }

    @Override
    public void onMessage(String message) {
        learn(UserState.announced(message));
    }

    /** In an outage nothing is read: who is not online may only not have been heard yet. */
    @Override
    public void onGap() {
        if (!stale && readingAsked.compareAndSet(false, true)) {
            later(this::readAllUnlessRestarted);
        }
    }

    private void readAllUnlessRestarted() {
        readingAsked.set(false);
        Futures.ignore(runs.hasNew().whenComplete((restarted, failure) -> {
            if (failure != null) {
                onGap();
            } else if (restarted) {
                outages.restarted();
            } else {
                readAll(List.copyOf(byUser.keySet()), () -> {});
            }
        }));
    }

    private void learn(UserState state) {
        Set<PresenceStream> watches = byUser.get(state.userId());
        if (watches != null) {
            watches.forEach(watch -> watch.learn(state));
        }
    }

    /** Reads so many at a time that other calls find a place in between. */
    private void readAll(List<String> userIds, Runnable done) {
        if (stale) {
            return;
        }
        if (userIds.isEmpty()) {
            done.run();
            return;
        }
        List<String> now = userIds.subList(0, Math.min(USERS_AT_ONCE, userIds.size()));
        List<String> rest = userIds.subList(now.size(), userIds.size());
        Futures.ignore(read(now, states -> states.forEach(this::learn)).whenComplete((read, failure) -> {
            if (failure == null) {
                readAll(rest, done);
            } else {
                later(() -> readAll(userIds, done));
            }
        }));
    }

    private CompletableFuture<Void> read(List<String> userIds, Consumer<List<UserState>> learner) {
        List<CompletableFuture<UserState>> looks = new ArrayList<>(userIds.size());
        userIds.forEach(userId -> looks.add(beats.look(userId)));
        return Futures.allAsList(looks).thenAccept(learner);
    }

    private void later(Runnable task) {
        if (!scheduler.isShutdown()) {
            var unused = scheduler.schedule(task, TRY_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
