package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The registry of the streams of this server that watch users. It applies the announcements of the scripts to them, and
 * reads all watched users again every 30 s and whenever announcements may have been lost.
 */
final class PresenceHub implements Subscriber {

    /** Where the scripts publish transitions. */
    static final String CHANNEL = "ephemeral:presence";

    private static final Duration READ_ALL_INTERVAL = Duration.ofSeconds(30);
    private static final Duration RETRY_DELAY = Duration.ofMillis(250);

    /** Users per read, so that other calls run in between. */
    private static final int CHUNK_SIZE = 1_000;

    private final PresenceStore store;
    private final RestartDetector restarts;
    private final OutageTracker outages;
    private final DaemonScheduler scheduler;
    private final Set<PresenceStream> streams = ConcurrentHashMap.newKeySet();
    private final StreamsByUser watches = new StreamsByUser();

    /** Whether a read of all users is scheduled, so that another request for one can be dropped. */
    private final AtomicBoolean readAllScheduled = new AtomicBoolean();

    private volatile boolean stale = true;

    PresenceHub(PresenceStore store, RestartDetector restarts, DaemonScheduler scheduler) {
        this.store = store;
        this.restarts = restarts;
        this.outages = new OutageTracker(store.ttl(), scheduler, this::onOutageBegin, this::onOutageEnd);
        this.scheduler = scheduler;
    }

    void start() {
        scheduler.runEvery(READ_ALL_INTERVAL, this::onGap);
    }

    OutageTracker outages() {
        return outages;
    }

    void register(PresenceStream stream) {
        streams.add(stream);
        if (stale) {
            stream.markStale();
            if (!stale) { // the outage ended in between, perhaps before this stream was registered
                stream.markResynced();
            }
        }
    }

    void unregister(PresenceStream stream, Set<String> userIds) {
        streams.remove(stream);
        userIds.forEach(userId -> unwatch(stream, userId));
    }

    void watch(PresenceStream stream, String userId) {
        watches.add(stream, userId);
    }

    void unwatch(PresenceStream stream, String userId) {
        watches.remove(stream, userId);
    }

    /** Reads users that a stream has just added, and retries until it succeeds. Completes after the first attempt. */
    CompletableFuture<Void> readSnapshot(PresenceStream stream, List<String> userIds) {
        return store.getAll(userIds).thenAccept(stream::applySnapshot).exceptionally(failure -> {
            scheduler.runAfter(RETRY_DELAY, () -> {
                if (streams.contains(stream)) {
                    Futures.ignore(readSnapshot(stream, userIds));
                }
            });
            return null;
        });
    }

    @Override
    public void onMessage(String message) {
        apply(UserState.parseAnnouncement(message));
    }

    private void apply(UserState state) {
        watches.get(state.userId()).forEach(stream -> stream.apply(state));
    }

    /** During an outage nothing is read: a user without a key may be online. */
    @Override
    public void onGap() {
        if (!stale && readAllScheduled.compareAndSet(false, true)) {
            scheduler.runAfter(RETRY_DELAY, this::readAllUnlessRestarted);
        }
    }

    private void readAllUnlessRestarted() {
        readAllScheduled.set(false);
        Futures.ignore(restarts.checkForRestart().whenComplete((restarted, failure) -> {
            if (failure != null) {
                onGap();
            } else if (restarted) {
                outages.onRestart();
            } else {
                readAll(watches.userIds(), () -> {});
            }
        }));
    }

    private void readAll(List<String> userIds, Runnable onDone) {
        if (stale) {
            return;
        }
        if (userIds.isEmpty()) {
            onDone.run();
            return;
        }
        List<String> chunk = userIds.subList(0, Math.min(CHUNK_SIZE, userIds.size()));
        List<String> rest = userIds.subList(chunk.size(), userIds.size());
        Futures.ignore(store.getAll(chunk)
                .thenAccept(states -> states.forEach(this::apply))
                .whenComplete((read, failure) -> {
                    if (failure == null) {
                        readAll(rest, onDone);
                    } else {
                        scheduler.runAfter(RETRY_DELAY, () -> readAll(userIds, onDone));
                    }
                }));
    }

    /** From here on, states that were sent may be outdated. */
    private void onOutageBegin() {
        if (stale) {
            return;
        }
        stale = true;
        streams.forEach(PresenceStream::markStale);
    }

    /** Each online user has sent a heartbeat since Redis became available. */
    private void onOutageEnd() {
        stale = false;
        Futures.ignore(restarts.checkForRestart()); // stores the run ids of now
        readAll(watches.userIds(), () -> streams.forEach(PresenceStream::markResynced));
    }
}
