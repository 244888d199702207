package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Subscriber;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A presence store with a TTL of any length, the single steps of a sweeper, and all announcements of the scripts. */
final class PresenceHarness implements AutoCloseable, Subscriber {

    private final RedisClient redis;
    private final PresenceStore store;
    private final Sweeper sweeper;
    private final DaemonScheduler scheduler = new DaemonScheduler("presence-harness");
    private final Queue<UserState> announced = new ConcurrentLinkedQueue<>();
    private volatile boolean subscribed;

    PresenceHarness(RedisProcess process, Duration ttl) {
        redis = TestRedisClient.open("redis.url: " + process.url()).redis();
        Ticker ticker = Ticker.systemTicker();
        PresenceMetrics metrics = new PresenceMetrics(new PrometheusRegistry());
        store = new PresenceStore(new PresenceSettings(ttl), redis, new MemoryPressure(ticker), ticker, metrics);
        sweeper = new Sweeper(store, () -> true, scheduler, ticker, metrics);
        store.announcements().subscribe(this);
        Eventually.within(Duration.ofSeconds(20), "the channel is subscribed", () -> subscribed);
    }

    /** Returns whether the heartbeat brought the user online. */
    boolean heartbeat(String user) {
        return await(startHeartbeat(user));
    }

    CompletableFuture<Boolean> startHeartbeat(String user) {
        return store.heartbeat(new Heartbeat(user, ""));
    }

    void startSweeper() {
        sweeper.start();
    }

    /** The first step of a sweeper: the users it claimed, which no other sweeper can claim for two seconds. */
    List<String> claimDue() {
        return await(store.index().claimDue(PresenceKeys.index(0), List.of())).users().stream()
                .map(DueUser::userId)
                .toList();
    }

    /** The second step: the milliseconds until the next check, or -2 if the user was announced offline. */
    long announceIfOffline(String user) {
        return await(store.announceIfOffline(user)).nextCheckMillis();
    }

    private static <T> T await(CompletableFuture<T> future) {
        return Unchecked.call(() -> future.get(5, TimeUnit.SECONDS));
    }

    @Override
    public void onMessage(String message) {
        announced.add(UserState.parseAnnouncement(message));
        sweeper.onMessage(message);
    }

    @Override
    public void onGap() {
        subscribed = true;
        sweeper.onGap();
    }

    /** All announcements in order. */
    List<UserState> announced() {
        return List.copyOf(announced);
    }

    /** The announcements of the user in order: true for online. */
    List<Boolean> announced(String user) {
        return announced.stream()
                .filter(state -> state.userId().equals(user))
                .map(UserState::online)
                .toList();
    }

    void awaitAnnounced(Duration limit, String user, int times) {
        Eventually.within(
                limit,
                times + " announcements of " + user,
                () -> announced(user).size() == times);
    }

    /** The last announcement of each user: true for online. */
    Map<String, Boolean> latestAnnounced() {
        Map<String, Boolean> latest = new HashMap<>();
        announced.forEach(state -> latest.put(state.userId(), state.online()));
        return latest;
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
        redis.close();
    }
}
