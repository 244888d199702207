package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.fanout.ConflatingOutbox;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.Freshness;
import io.flowhub.ephemeral.server.fanout.Hub;
import io.flowhub.ephemeral.server.fanout.ReadStep;
import io.flowhub.ephemeral.server.fanout.SnapshotReader;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.redis.Subscriber;
import io.flowhub.ephemeral.server.rpc.StreamHandler.Outbound;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The users that the streams of this server watch. It applies the announcements of the scripts to them, and reads all of
 * them again whenever announcements may have been lost.
 */
final class PresenceHub implements Subscriber, SnapshotReader.Source<WatchedUser, UserState> {

    /** The announcements of one loss come together, on a Cluster one per master. */
    private static final Duration GAP_DELAY = Duration.ofMillis(250);

    /** Other calls run in between. Both together fit into the queue of a script. */
    private static final int MAX_BATCH = 500;

    private static final int MAX_IN_FLIGHT = 2;

    private final PresenceStore store;
    private final RestartDetector restarts;
    private final OutageTracker outages;
    private final DaemonScheduler scheduler;
    private final Hub<WatchedUser, ReadStep> hub;
    private final SnapshotReader<WatchedUser, UserState> reader;

    /** Whether a read of all users is scheduled, so that another request for one can be dropped. */
    private final AtomicBoolean readAllScheduled = new AtomicBoolean();

    PresenceHub(PresenceStore store, RestartDetector restarts, DaemonScheduler scheduler, StreamMemory memory) {
        this.store = store;
        this.restarts = restarts;
        this.outages = new OutageTracker(store.ttl(), scheduler, this::onOutageBegin, this::onOutageEnd);
        this.scheduler = scheduler;
        this.hub = new Hub<>("user", WatchedUser::new, ConflatingOutbox.BYTES_PER_TOPIC, memory);
        this.reader = new SnapshotReader<>(hub, this, scheduler, MAX_BATCH, MAX_IN_FLIGHT);
    }

    void measure(FanoutMetrics metrics) {
        hub.measure(metrics, "presence");
    }

    PresenceStream open(Outbound outbound) {
        return new PresenceStream(hub, outbound);
    }

    /** Whether Redis has been available for one presence TTL. */
    boolean isSettled() {
        return outages.isSettled();
    }

    void onRedisAvailability(boolean up) {
        if (up) {
            reader.resume();
        } else {
            reader.pause();
        }
        outages.onAvailability(up);
    }

    @Override
    public void onMessage(String message) {
        UserState state = UserState.parseAnnouncement(message);
        if (state != null) {
            hub.change(state.userId(), user -> user.update(state), ReadStep.CHANGED);
        }
    }

    @Override
    public CompletableFuture<List<UserState>> read(List<String> userIds) {
        return store.getAll(userIds);
    }

    /** During an outage a user without a key may be online. */
    @Override
    public boolean apply(WatchedUser user, UserState state) {
        boolean isUncertain = hub.freshness() == Freshness.DOWN && user.isOnline() && !state.online();
        return !isUncertain && user.update(state);
    }

    @Override
    public void onGap() {
        if (hub.freshness() != Freshness.DOWN && readAllScheduled.compareAndSet(false, true)) {
            scheduler.runAfter(GAP_DELAY, this::readAllUnlessRestarted);
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
                reader.requestAll();
            }
        }));
    }

    /** The clock of Redis was set: changes were ignored, as they seemed to be old, or not announced. */
    void onClockStep() {
        outages.exclusively(() -> {
            if (hub.freshness() != Freshness.DOWN) {
                hub.forEachTopic(WatchedUser::outdate);
                reader.invalidate(); // the streams report STALE: versions before and after it do not compare
                reader.resync();
            }
        });
    }

    /** From here on, states that were sent may be outdated. */
    private void onOutageBegin() {
        hub.forEachTopic(WatchedUser::outdate);
        reader.invalidate();
    }

    /** Each online user has sent a heartbeat since Redis became available. */
    private void onOutageEnd() {
        Futures.ignore(restarts.checkForRestart()); // stores the run ids of now
        hub.forEachTopic(WatchedUser::outdate);
        reader.resync();
    }
}
