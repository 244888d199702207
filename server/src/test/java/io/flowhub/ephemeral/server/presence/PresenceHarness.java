package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A presence store with a TTL of any length, and the single steps of a sweeper, on a Redis client of its own. */
final class PresenceHarness implements AutoCloseable {

    private static final String PART = PresenceKeys.index(0);

    private final RedisClient redis;
    private final PresenceStore store;
    private final DaemonScheduler scheduler = new DaemonScheduler("presence-harness");

    PresenceHarness(String redisUrl, Duration ttl) throws Exception {
        redis = RedisClient.open(
                TestServer.configuration("redis.url: " + redisUrl).settings().redis(), Ticker.systemTicker());
        AtomicBoolean up = new AtomicBoolean();
        redis.addAvailabilityListener(up::set);
        Eventually.within(Duration.ofSeconds(20), "Redis is available", up::get);
        store = new PresenceStore(new PresenceSettings(ttl), redis);
    }

    RedisClient redis() {
        return redis;
    }

    /** Returns whether the heartbeat brought the user online. */
    boolean heartbeat(String user) {
        return await(store.heartbeat(new Heartbeat(user, "")));
    }

    CompletableFuture<Boolean> startHeartbeat(String user) {
        return store.heartbeat(new Heartbeat(user, ""));
    }

    void startSweeper() {
        new Sweeper(store, () -> true, scheduler).start();
    }

    /** The first step of a sweeper: the users it claimed, which no other sweeper can claim for two seconds. */
    List<String> claimDue() {
        return await(store.index().claimDue(PART)).userIds();
    }

    /** The second step: the milliseconds until the next check, or -2 if the user was announced offline. */
    long announceIfOffline(String user) {
        return await(store.announceIfOffline(user)).nextCheckMillis();
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get(5, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
        redis.close();
    }
}
