package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.grpc.Channel;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Sends heartbeats of users through one stream in the background, until they are stopped. */
final class BackgroundHeartbeats implements AutoCloseable {

    private final DaemonScheduler scheduler = new DaemonScheduler("background-heartbeats");
    private final Set<String> users = ConcurrentHashMap.newKeySet();
    private final Gateway gateway;

    /** Starts with these users, at most one thousand, and returns when they are online. */
    BackgroundHeartbeats(Channel channel, Collection<String> online, long periodMillis) {
        gateway = new Gateway(channel, false);
        users.addAll(online);
        gateway.heartbeat(List.copyOf(online));
        Runnable heartbeat = () -> gateway.send(List.copyOf(users)); // rejected if it is empty, which has no effect
        var unused = scheduler.scheduleAtFixedRate(heartbeat, periodMillis, periodMillis, TimeUnit.MILLISECONDS);
    }

    /** Sends no more heartbeats of these users. */
    void stop(Collection<String> stopped) {
        stopped.forEach(users::remove);
    }

    /** Sends heartbeats of these users too. */
    void resume(Collection<String> resumed) {
        users.addAll(resumed);
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
        gateway.close();
    }
}
