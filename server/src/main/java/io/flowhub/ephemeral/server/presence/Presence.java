package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.util.concurrent.ScheduledExecutorService;

/** Who is online: the rules, the search for those who went silent, and who is told, with the thread that they share. */
final class Presence implements AutoCloseable {

    private final ScheduledExecutorService scheduler;
    private final PresenceStore beats;
    private final HeartbeatAdmission frames;
    private final PresenceHub watchers;

    /** @param maxQueuedCalls how many heartbeats may wait for Redis */
    Presence(PresenceSettings settings, int maxQueuedCalls, RedisClient redis) {
        this.scheduler = new DaemonScheduler("presence");
        this.beats = new PresenceStore(settings, redis);
        this.frames = new HeartbeatAdmission(maxQueuedCalls);
        this.watchers = new PresenceHub(beats, new RestartDetector(redis), scheduler);
        redis.subscribe(PresenceHub.CHANNEL, watchers);
        redis.addAvailabilityListener(watchers.outages()::changed);
        watchers.start();
        new Sweeper(beats, redis, watchers.outages()::isCalm, scheduler).start();
    }

    PresenceStore beats() {
        return beats;
    }

    HeartbeatAdmission frames() {
        return frames;
    }

    PresenceHub watchers() {
        return watchers;
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
