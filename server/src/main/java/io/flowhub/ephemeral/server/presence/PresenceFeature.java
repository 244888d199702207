package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Subscriber;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import java.util.List;

/** Presence: which users are online. */
public final class PresenceFeature {

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "presence",
            PresenceServiceGrpc.getServiceDescriptor(),
            PresenceSettings.GROUP,
            List.of(PresenceKeys.KIND),
            PresenceFeature::start);

    private static Feature<PresenceSettings> start(PresenceSettings settings, FeatureContext context) {
        RedisClient redis = context.redis();
        DaemonScheduler scheduler = new DaemonScheduler("presence");
        PresenceMetrics metrics = new PresenceMetrics(context.metrics());
        PresenceStore store = new PresenceStore(settings, redis, context.memoryPressure(), context.ticker(), metrics);
        PresenceHub hub = new PresenceHub(store, new RestartDetector(redis), scheduler, context.streamMemory());
        hub.measure(context.fanoutMetrics());
        Sweeper sweeper = new Sweeper(store, hub::isSettled, scheduler, context.ticker(), metrics);
        OnlineCount online = new OnlineCount(store.index()::size, context.ticker());
        metrics.register(online);
        ClockWatch clock = new ClockWatch(
                store::masterOf,
                () -> {
                    hub.onClockStep();
                    sweeper.onClockStep();
                },
                scheduler::runAfter,
                context.ticker());
        store.announcements().subscribe(all(List.of(hub, sweeper, online, clock)));
        redis.addAvailabilityListener(hub::onRedisAvailability);
        sweeper.start();
        HeartbeatAdmission admission =
                new HeartbeatAdmission(context.redisSettings().maxQueuedCalls());
        return Feature.<PresenceSettings>of(new PresenceService(store, admission, hub, context.streams()))
                .onClose(scheduler::shutdownNow);
    }

    private static Subscriber all(List<Subscriber> subscribers) {
        return new Subscriber() {
            @Override
            public void onMessage(String message) {
                subscribers.forEach(subscriber -> subscriber.onMessage(message));
            }

            @Override
            public void onGap() {
                subscribers.forEach(Subscriber::onGap);
            }
        };
    }

    private PresenceFeature() {}
}
