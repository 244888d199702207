package io.flowhub.ephemeral.server.presence;

import io.grpc.Channel;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Users that send heartbeats through one stream until they are silenced. */
final class BackgroundHeartbeats implements AutoCloseable {

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final Set<String> users = ConcurrentHashMap.newKeySet();
    private final Gateway gateway;

    /** Begins with these users, one thousand at most, and returns when they are online. */
    static BackgroundHeartbeats begin(Channel channel, Collection<String> users, long periodMillis) {
        BackgroundHeartbeats beating = new BackgroundHeartbeats(channel, users);
        beating.gateway.beat(List.copyOf(users));
        var unused =
                beating.thread.scheduleAtFixedRate(beating::beat, periodMillis, periodMillis, TimeUnit.MILLISECONDS);
        return beating;
    }

    private BackgroundHeartbeats(Channel channel, Collection<String> users) {
        this.gateway = new Gateway(channel);
        this.users.addAll(users);
    }

    private void beat() {
        List<String> now = List.copyOf(users);
        if (!now.isEmpty()) {
            gateway.send(Gateway.frame(now));
        }
    }

    /** From now on no sign of life of theirs is sent. */
    void silence(Collection<String> silent) {
        silent.forEach(users::remove);
    }

    void rouse(Collection<String> roused) {
        users.addAll(roused);
    }

    @Override
    public void close() {
        thread.shutdownNow();
        gateway.close();
    }
}
