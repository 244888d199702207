package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The connection of this server to the others: publishes messages to the channel in Redis, and passes each message from the
 * channel to the hub. Stores nothing.
 */
final class BroadcastBroker implements Subscriber, AutoCloseable {

    /** One for all rooms: Redis and Redisson allow few subscriptions per connection, and a server few connections. */
    private static final String CHANNEL = "ephemeral:broadcast";

    /**
     * A batch of the largest messages is 1.4 MB. Redis holds it once as arguments, and once more for each server until
     * that server has read it; all copies must fit into the spare memory of a small Redis.
     */
    private static final int MAX_BATCH = 16;

    /** The queue of calls is bounded by their number, but these calls are large. The sum must fit into a small heap. */
    private static final int MAX_BYTES_IN_FLIGHT = 16 << 20;

    private static final Script PUBLISH = Script.load("broadcast/publish").maxBatch(MAX_BATCH);

    private final RedisClient redis;
    private final BroadcastHub hub;
    private final PubSubProbe probe;
    private final AtomicInteger bytesInFlight = new AtomicInteger();

    static BroadcastBroker open(RedisClient redis, BroadcastHub hub) {
        BroadcastBroker broker = new BroadcastBroker(redis, hub);
        redis.subscribe(CHANNEL, broker);
        redis.addAvailabilityListener(broker.probe::onRedisAvailability);
        return broker;
    }

    private BroadcastBroker(RedisClient redis, BroadcastHub hub) {
        this.redis = redis;
        this.hub = hub;
        this.probe = new PubSubProbe(this::publishProbe, hub::onProbeState);
    }

    /** Completes with the number of servers that received the message. */
    CompletableFuture<Integer> publish(Envelope.Message message) {
        return publish(message, redis::call);
    }

    private void publishProbe(Envelope.Probe sent) {
        Futures.ignore(publish(sent, redis::callUncancellable)); // if it fails, the next probe follows
    }

    private CompletableFuture<Integer> publish(
            Envelope envelope, Function<Operation<Integer>, CompletableFuture<Integer>> call) {
        String encoded = envelope.encode();
        int bytes = encoded.length();
        if (bytesInFlight.addAndGet(bytes) > MAX_BYTES_IN_FLIGHT) {
            bytesInFlight.addAndGet(-bytes);
            return CompletableFuture.failedFuture(
                    new OverloadedException("messages of " + MAX_BYTES_IN_FLIGHT + " bytes are in flight already"));
        }
        return call.apply(new Operation<>(PUBLISH, List.of(CHANNEL), List.of(encoded), reply -> (int) reply.number(0)))
                .whenComplete((servers, failure) -> bytesInFlight.addAndGet(-bytes));
    }

    @Override
    public void onMessage(String text) {
        Envelope envelope = Envelope.decode(text);
        if (envelope instanceof Envelope.Message message) {
            hub.deliver(message);
        } else if (envelope instanceof Envelope.Probe received) {
            probe.onProbe(received);
        }
    }

    @Override
    public void onGap() {
        probe.invalidate();
    }

    /** Publishes no more probes. */
    @Override
    public void close() {
        probe.close();
    }
}
