package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** All announcements of the scripts, in order. */
final class PresenceAnnouncements implements Subscriber {

    private final Queue<UserState> announced = new ConcurrentLinkedQueue<>();
    private volatile boolean subscribed;

    /** Returns when the channel is subscribed. */
    static PresenceAnnouncements subscribe(RedisClient redis) {
        PresenceAnnouncements announcements = new PresenceAnnouncements();
        redis.subscribe(PresenceHub.CHANNEL, announcements);
        Eventually.within(Duration.ofSeconds(20), "the channel is subscribed", () -> announcements.subscribed);
        return announcements;
    }

    @Override
    public void onMessage(String message) {
        announced.add(UserState.parseAnnouncement(message));
    }

    @Override
    public void onGap() {
        subscribed = true;
    }

    List<UserState> all() {
        return List.copyOf(announced);
    }

    /** The announcements of the user in order: true for online. */
    List<Boolean> of(String user) {
        return announced.stream()
                .filter(state -> state.userId().equals(user))
                .map(UserState::online)
                .toList();
    }

    /** The last announcement of each user: true for online. */
    Map<String, Boolean> latest() {
        Map<String, Boolean> latest = new HashMap<>();
        announced.forEach(state -> latest.put(state.userId(), state.online()));
        return latest;
    }
}
