package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.config.PresenceSettings;
import io.flowhub.ephemeral.server.redis.Redis;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** Who is online: the rules, the search for those who went silent, and who is told, with the thread that they share. */
public final class Presence implements AutoCloseable {

    private final ScheduledExecutorService scheduler;
    private final Beats beats;
    private final Frames frames;
    private final Watchers watchers;

    /** @param maxQueuedCalls how many heartbeats may wait for Redis */
    public Presence(PresenceSettings settings, int maxQueuedCalls, Redis redis) {
        this.scheduler = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "presence");
            thread.setDaemon(true);
            return thread;
        });
        this.beats = new Beats(settings, redis);
        this.frames = new Frames(maxQueuedCalls);
        this.watchers = new Watchers(beats, scheduler);
        Outages outages = new Outages(settings.ttl(), scheduler, watchers::outageBegins, watchers::outageEnds);
        watchers.start(outages::restarted);
        redis.subscribe(Watchers.CHANNEL, watchers);
        redis.watch(outages::changed);
        new Sweeper(beats, redis, outages::isCalm, scheduler).start();
    }

    Beats beats() {
        return beats;
    }

    Frames frames() {
        return frames;
    }

    Watchers watchers() {
        return watchers;
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
