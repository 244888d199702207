package io.flowhub.ephemeral.server.broadcast;

import static io.flowhub.ephemeral.v1.SubscribeResponse.EventCase.GAP;
import static io.flowhub.ephemeral.v1.SubscribeResponse.EventCase.MESSAGE;
import static io.flowhub.ephemeral.v1.SubscribeResponse.EventCase.SUBSCRIBED;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.Context;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;

/** A message that is lost between Redis and a server is a gap at each stream, whatever lost it. */
@Tag("contract")
class LostMessageTest {

    private static final String CHANNEL = "ephemeral:broadcast";

    private final String room = UniqueIds.next();

    @AutoClose
    private final TestServer server = TestServer.withRedis();

    @AutoClose
    private final Jedis jedis = server.redis().jedis();

    /** Publishes as another server does. */
    private void publish(long number, Envelope envelope) {
        jedis.publish(CHANNEL, NumberedEnvelope.encode("other", number, envelope.encode()));
    }

    private void publish(long number, String payload) {
        publish(number, new Envelope.Message(room, "alice", ByteString.copyFromUtf8(payload)));
    }

    @Test
    void missingNumberIsAGapBeforeTheNextMessage() {
        try (BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), room)) {
            publish(1, "one");
            publish(2, "two");
            publish(4, "four");
            publish(3, "late");
            publish(5, "five");
            subscription.awaitMessage("five");

            assertThat(subscription.kinds())
                    .containsExactly(SUBSCRIBED, MESSAGE, MESSAGE, GAP, MESSAGE, MESSAGE, MESSAGE);
        }
    }

    @Test
    void messageLostJustAfterASubscriptionIsAGap() {
        try (Channel channel = new Channel();
                TestServer started = TestServer.on(server.redis().url());
                BroadcastSubscription subscription = BroadcastSubscription.to(started.channel(), room)) {
            publish(7, "seven");
            Eventually.soon("the message arrives", () -> !channel.messages().isEmpty());
            publish(8, new Envelope.Answer(channel.lastProbe().name(), 5));
            publish(9, "nine");
            subscription.awaitMessage("nine");

            assertThat(subscription.kinds()).as("6 is missing").containsExactly(SUBSCRIBED, MESSAGE, GAP, MESSAGE);
        }
    }

    @Test
    void numberFollowsTheLastMessageAndACancelledCallHasNone() throws Exception {
        BroadcastMetrics metrics = new BroadcastMetrics(new PrometheusRegistry());
        try (Channel channel = new Channel();
                TestRedisClient client =
                        TestRedisClient.open("redis.url: " + server.redis().url());
                BroadcastBroker broker =
                        BroadcastBroker.open(client.redis(), new BroadcastHub(StreamMemory.ofHeap()), metrics)) {
            Envelope.Message message = new Envelope.Message(room, "alice", ByteString.EMPTY);
            Context.CancellableContext cancelled = Context.current().withCancellation();
            cancelled.cancel(null);
            CompletableFuture<Integer> dropped = cancelled.call(() -> broker.publish(message));
            assertThat(dropped)
                    .failsWithin(10, TimeUnit.SECONDS)
                    .withThrowableThat()
                    .withCauseInstanceOf(CancelledException.class);
            broker.publish(message).get(10, TimeUnit.SECONDS);

            Eventually.soon("a marker follows the message", channel::hasMarkerAfterMessage);
            String publisher = channel.messages().get(0).publisher();
            List<Long> numbers = channel.received.stream()
                    .filter(received -> received.publisher().equals(publisher))
                    .map(NumberedEnvelope::number)
                    .toList();
            assertThat(numbers).isSorted().doesNotHaveDuplicates();
            assertThat(numbers.get(numbers.size() - 1) - numbers.get(0)).isEqualTo(numbers.size() - 1L);
        }
    }

    /** What all servers publish. */
    private final class Channel extends JedisPubSub implements AutoCloseable {

        private final Queue<NumberedEnvelope> received = new ConcurrentLinkedQueue<>();
        private final Jedis subscribed = server.redis().jedis();

        Channel() {
            Thread thread = new Thread(() -> subscribed.subscribe(this, CHANNEL));
            thread.setDaemon(true);
            thread.start();
            Eventually.soon("the channel is subscribed", this::isSubscribed);
        }

        @Override
        public void onMessage(String channel, String text) {
            received.add(NumberedEnvelope.decode(text));
        }

        List<NumberedEnvelope> messages() {
            return received.stream()
                    .filter(each -> each.envelope() instanceof Envelope.Message)
                    .toList();
        }

        Envelope.Probe lastProbe() {
            return received.stream()
                    .map(NumberedEnvelope::envelope)
                    .filter(Envelope.Probe.class::isInstance)
                    .map(Envelope.Probe.class::cast)
                    .reduce((first, second) -> second)
                    .orElseThrow();
        }

        boolean hasMarkerAfterMessage() {
            List<NumberedEnvelope> all = List.copyOf(received);
            return !all.isEmpty()
                    && !messages().isEmpty()
                    && all.get(all.size() - 1).envelope().equals(new Envelope.Probe("marker"));
        }

        @Override
        public void close() {
            unsubscribe();
            subscribed.close();
        }
    }
}
