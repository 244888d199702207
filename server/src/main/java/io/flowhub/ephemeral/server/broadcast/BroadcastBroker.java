package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.redis.Subscriber;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The rules of broadcast: how a message gets into the channel, and from there to the streams of this server. */
final class BroadcastBroker implements AutoCloseable {

    /** All rooms share it: Redis and Redisson allow few subscriptions a connection, and a server few connections. */
    static final String CHANNEL = "ephemeral:broadcast";

    /**
     * So many of the largest messages are 1.4 MB. Redis holds them once as arguments, and once more for each server until
     * that one has read them; all that must fit into what a small Redis has to spare.
     */
    private static final int MAX_PER_SCRIPT_CALL = 16;

    /** A queue of calls is bounded by their number, but these are large: all that wait must fit into a small heap. */
    private static final int MAX_BYTES_UNDER_WAY = 16 << 20;

    private static final Script PUBLISH = Script.load("broadcast/publish").maxBatch(MAX_PER_SCRIPT_CALL);

    private final RedisClient redis;
    private final AtomicInteger bytesUnderWay = new AtomicInteger();
    private final BroadcastHub rooms = new BroadcastHub();
    private final PubSubProbe reception = new PubSubProbe(this::probe);

    BroadcastBroker(RedisClient redis) {
        this.redis = redis;
        redis.subscribe(CHANNEL, new Subscriber() {
            @Override
            public void onMessage(String message) {
                hear(Envelope.open(message));
            }

            @Override
            public void onGap() {
                reception.doubt();
            }
        });
        redis.addAvailabilityListener(reception::redisIs);
    }

    /** Completes with how many servers heard it. */
    CompletableFuture<Integer> publish(PublishRequest message) {
        return send(Envelope.of(message), redis::call);
    }

    private void probe(String probe) {
        Futures.ignore(send(Envelope.ofProbe(probe), redis::callUncancellable)); // if it fails, another one follows
    }

    private CompletableFuture<Integer> send(
            String envelope, Function<Operation<Integer>, CompletableFuture<Integer>> call) {
        int bytes = envelope.length();
        if (bytesUnderWay.addAndGet(bytes) > MAX_BYTES_UNDER_WAY) {
            bytesUnderWay.addAndGet(-bytes);
            return CompletableFuture.failedFuture(
                    new OverloadedException("messages of " + MAX_BYTES_UNDER_WAY + " bytes are in flight already"));
        }
        return call.apply(new Operation<>(PUBLISH, List.of(CHANNEL), List.of(envelope), reply -> (int) reply.number(0)))
                .whenComplete((servers, failure) -> bytesUnderWay.addAndGet(-bytes));
    }

    private void hear(@Nullable PublishRequest message) {
        if (message == null) {
            return;
        }
        String probe = Envelope.probe(message);
        if (probe == null) {
            rooms.hear(message);
        } else {
            reception.heard(probe);
        }
    }

    /** What a stream of subscriptions does. */
    StreamHandler<SubscribeRequest, SubscribeResponse> listen(StreamHandler.Outbound outbound) {
        SubscriptionStream listener = new SubscriptionStream(outbound, rooms, reception);
        reception.add(listener);
        return listener;
    }

    @Override
    public void close() {
        reception.close();
    }
}
