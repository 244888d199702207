package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** The rules of presence with a time of a few ms, and the steps of a sweeper one by one, through a door of a test's own. */
final class PresenceHarness implements AutoCloseable {

    private static final Script CLAIM_DUE = Script.load("presence/claim_due");
    private static final Script ANNOUNCE_IF_OFFLINE = Script.load("presence/announce_if_offline");
    private static final String PART = PresenceKeys.index(0);

    private final RedisClient redis;
    private final PresenceStore beats;
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

    PresenceHarness(String redisUrl, Duration ttl) throws Exception {
        redis = RedisClient.open(
                TestServer.configuration("redis.url: " + redisUrl).settings().redis(), Ticker.systemTicker());
        AtomicBoolean up = new AtomicBoolean();
        redis.addAvailabilityListener(up::set);
        Eventually.within(Duration.ofSeconds(20), "Redis is available", up::get);
        beats = new PresenceStore(new PresenceSettings(ttl), redis);
    }

    RedisClient redis() {
        return redis;
    }

    PresenceStore beats() {
        return beats;
    }

    void startSweeper() {
        new Sweeper(beats, redis, () -> true, scheduler).start();
    }

    /** The first step of a sweeper: the users it claimed, which no other sweeper gets for two seconds. */
    List<String> takeDue() {
        return run(CLAIM_DUE, PART, List.of("500", "2000"), reply -> {
            List<String> users = new ArrayList<>();
            for (int i = 0; i < reply.number(0); i++) {
                users.add(reply.text(3 + i));
            }
            return users;
        });
    }

    /** The second step: the ms the user stays online, or -2 if the user was announced offline. */
    long claim(String user) {
        String ttlMillis = Long.toString(beats.ttl().toMillis());
        return run(ANNOUNCE_IF_OFFLINE, PresenceKeys.user(user), List.of(user, ttlMillis), reply -> reply.number(0));
    }

    private <T> T run(Script script, String key, List<String> args, Function<Reply, T> decoder) {
        try {
            return redis.callUncancellable(new Operation<>(script, List.of(key), args, decoder))
                    .get(5, TimeUnit.SECONDS);
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
