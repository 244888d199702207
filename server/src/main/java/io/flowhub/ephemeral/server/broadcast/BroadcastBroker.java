package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
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

    private static final Script PUBLISH = Script.load("broadcast/publish").maxBatch(MAX_BATCH);

    private final RedisClient redis;
    private final BroadcastHub hub;
    private final BroadcastMetrics metrics;
    private final PubSubProbe probe;
    private final ChannelFlush flush;
    private final TailMarker tailMarker;
    private final HoleDetector holes = new HoleDetector();

    /** Of this server. Also the first part of the ids of its messages. */
    private final String serverId = Long.toHexString(UUID.randomUUID().getMostSignificantBits());

    /** Of the last envelope that was sent. */
    private final AtomicLong lastNumber = new AtomicLong();

    static BroadcastBroker open(RedisClient redis, BroadcastHub hub, BroadcastMetrics metrics) {
        BroadcastBroker broker = new BroadcastBroker(redis, hub, metrics);
        redis.subscribe(CHANNEL, broker);
        redis.addAvailabilityListener(broker.probe::onRedisAvailability);
        return broker;
    }

    private BroadcastBroker(RedisClient redis, BroadcastHub hub, BroadcastMetrics metrics) {
        this.redis = redis;
        this.hub = hub;
        this.metrics = metrics;
        this.probe = new PubSubProbe(serverId, this::publishUncancellable, hub::onFreshness);
        this.flush = new ChannelFlush(serverId, this::publishUncancellable);
        this.tailMarker = new TailMarker(this::publishUncancellable);
    }

    /** Completes with the number of servers that received the message. */
    CompletableFuture<Integer> publish(Envelope.Message message) {
        tailMarker.schedule();
        return publish(message, redis::call);
    }

    /** A failure has no consequence: another one follows, or the messages are lost too. */
    private void publishUncancellable(Envelope envelope) {
        Futures.ignore(publish(envelope, redis::callUncancellable));
    }

    private CompletableFuture<Integer> publish(
            Envelope envelope, Function<Operation<Integer>, CompletableFuture<Integer>> call) {
        PublishArgs args = new PublishArgs(serverId, envelope, lastNumber::incrementAndGet);
        return call.apply(new Operation<>(PUBLISH, List.of(CHANNEL), args, reply -> (int) reply.number(0)));
    }

    /** Completes when each message that was published before has been passed to the hub. */
    CompletableFuture<Void> flush() {
        return flush.flush();
    }

    @Override
    public void onMessage(String text) {
        NumberedEnvelope received = NumberedEnvelope.decode(text);
        if (received == null) {
            return;
        }
        onLost(holes.missingBefore(received.publisher(), received.number()));
        Envelope envelope = received.envelope();
        if (envelope instanceof Envelope.Message message) {
            metrics.onReceived();
            hub.deliver(received.id(), message);
        } else if (envelope instanceof Envelope.Probe arrived) {
            onProbe(arrived);
        } else if (envelope instanceof Envelope.Answer answer) {
            onAnswer(received.publisher(), answer);
        }
    }

    private void onProbe(Envelope.Probe received) {
        if (probe.isOfAnotherServer(received)) {
            publishUncancellable(new Envelope.Answer(received.name(), lastNumber.get()));
        }
        probe.onProbe(received);
        flush.onProbe(received);
    }

    private void onAnswer(String publisher, Envelope.Answer answer) {
        if (probe.isExpected(answer)) {
            onLost(holes.missingBeforeFirst(publisher, answer.lastNumber()));
        }
    }

    private void onLost(Missing missing) {
        if (missing.count() > 0) {
            metrics.onLost(missing.count());
        }
        if (missing.isUnreported()) {
            hub.onLoss();
        }
    }

    @Override
    public void onGap() {
        holes.interrupt();
        probe.invalidate();
    }

    /** Publishes nothing more by itself. */
    @Override
    public void close() {
        tailMarker.close();
        flush.close();
        probe.close();
    }
}
