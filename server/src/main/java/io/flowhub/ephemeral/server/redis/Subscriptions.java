package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.event.LogEvent;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.api.listener.StatusListener;
import org.redisson.client.codec.StringCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscribed channels. A channel is registered with Redisson once there is a connection, and again
 * until that succeeds; from then on Redisson keeps the subscription. Each message is delivered at most once.
 */
final class Subscriptions {

    /** What registers a subscriber, such as Redisson. A registration that fails may still deliver. */
    interface Topics {
        CompletionStage<?> register(String channel, Subscriber subscriber);
    }

    private static final Logger log = LoggerFactory.getLogger(Subscriptions.class);
    private static final LogEvent REJECTED = LogEvent.warn("subscribe_failed", "Cannot subscribe: {cause}");

    private final Map<String, ChannelSubscribers> subscribers;
    private final Executor retry;

    /** The registration by channel that may deliver: the newest. */
    private final Map<String, Subscriber> registered = new ConcurrentHashMap<>();

    private @Nullable Topics topics;

    private volatile @Nullable OutageCause lastCause;

    /** @param retry runs a task after a pause, or never if this client is closed */
    Subscriptions(Executor retry) {
        this(new HashMap<>(), retry);
    }

    /** @param subscribers guarded by this object's monitor */
    Subscriptions(Map<String, ChannelSubscribers> subscribers, Executor retry) {
        this.subscribers = subscribers;
        this.retry = retry;
    }

    void add(String channel, Subscriber subscriber) {
        ChannelSubscribers added = new ChannelSubscribers();
        added.add(subscriber);
        ChannelSubscribers present;
        Topics connected;
        synchronized (this) {
            present = subscribers.putIfAbsent(channel, added);
            connected = topics;
        }
        if (present != null) { // the channel is registered already, or connect() registers it
            present.add(subscriber);
            subscriber.onGap(); // messages of before are missing
        } else if (connected != null) { // else connect() registers it
            register(connected, channel, added);
        }
    }

    /** Passes a message to the subscribers of this server, before or without that Redis delivers it. */
    void deliver(String channel, String message) {
        ChannelSubscribers present;
        synchronized (this) {
            present = subscribers.get(channel);
        }
        if (present != null) {
            present.onMessage(message);
        }
    }

    /** Registers the subscribers so far, and from now on each that is added. Called once. */
    void connect(Topics connected) {
        Map<String, ChannelSubscribers> waiting;
        synchronized (this) {
            topics = connected;
            waiting = Map.copyOf(subscribers);
        }
        waiting.forEach((channel, subscriber) -> register(connected, channel, subscriber));
    }

    private void register(Topics connected, String channel, Subscriber subscriber) {
        Subscriber registration = new Subscriber() {
            @Override
            public void onMessage(String message) {
                if (registered.get(channel) == this) {
                    subscriber.onMessage(message);
                }
            }

            @Override
            public void onGap() {
                subscriber.onGap();
            }
        };
        registered.put(channel, registration);
        var unused = connected.register(channel, registration).whenComplete((id, failure) -> {
            if (failure == null) {
                subscriber.onGap(); // the first status event may precede the listener for messages
            } else {
                logOnce(OutageCause.of(failure));
                retry.execute(() -> register(connected, channel, subscriber));
            }
        });
    }

    private void logOnce(OutageCause cause) {
        if (!cause.equals(lastCause)) {
            lastCause = cause;
            REJECTED.log(log, cause);
        }
    }

    static Topics of(RedissonClient client, Namespace namespace) {
        return (channel, subscriber) -> {
            RTopic topic = client.getTopic(namespace.channel(channel), StringCodec.INSTANCE);
            return topic.addListenerAsync(gaps(subscriber))
                    .thenCompose(id ->
                            topic.addListenerAsync(String.class, (name, message) -> subscriber.onMessage(message)));
        };
    }

    /** Publishes outside of the batches. */
    static CompletionStage<Long> publish(RedissonClient client, String channel, String text) {
        return client.getTopic(channel, StringCodec.INSTANCE).publishAsync(text);
    }

    private static StatusListener gaps(Subscriber subscriber) {
        return new StatusListener() {
            @Override
            public void onSubscribe(String name) {
                subscriber.onGap();
            }

            @Override
            public void onUnsubscribe(String name) {
                subscriber.onGap();
            }
        };
    }
}
