package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Registration of channels, with a fake of Redisson that keeps every registration, also a failed one. */
@Tag("unit")
class SubscriptionsTest {

    private final FakeTopics topics = new FakeTopics();
    private final Queue<Runnable> retries = new ArrayDeque<>();
    private final RecordingSubscriber subscriber = new RecordingSubscriber();
    private final List<String> received = subscriber.received();
    private final Subscriptions subscriptions = new Subscriptions(retries::add);

    @Test
    void channelAddedBeforeOrAfterConnectingIsRegisteredOnce() {
        subscriptions.add("before", subscriber);
        subscriptions.connect(topics);
        subscriptions.add("after", subscriber);

        assertThat(topics.channels).containsExactly("before", "after");
    }

    /** The connection is made after add() has stored the subscriber and before it looks for a connection. */
    @Test
    void channelAddedWhileConnectingIsRegisteredOnce() throws Exception {
        Subscriptions[] racing = new Subscriptions[1];
        Thread connect = new Thread(() -> racing[0].connect(topics), "connect");
        Map<String, ChannelSubscribers> connectsOnPut = new HashMap<>() {
            @Override
            public ChannelSubscribers putIfAbsent(String channel, ChannelSubscribers added) {
                ChannelSubscribers present = super.putIfAbsent(channel, added);
                connect.start();
                Eventually.within(
                        Duration.ofSeconds(5),
                        "the process has ended",
                        () -> connect.getState() == Thread.State.BLOCKED || !connect.isAlive());
                return present;
            }
        };
        racing[0] = new Subscriptions(connectsOnPut, retries::add);
        racing[0].add("channel", subscriber);
        connect.join(5_000);
        topics.publish("message");

        assertThat(topics.channels).containsExactly("channel");
        assertThat(received).containsOnlyOnce("message");
    }

    @Test
    void failedRegistrationIsRetriedUntilItSucceedsAndDeliversOnce() {
        topics.failures = 2;
        subscriptions.add("channel", subscriber);
        subscriptions.connect(topics);
        retries.remove().run();
        assertThat(received).as("not subscribed yet").isEmpty();
        retries.remove().run();
        topics.publish("message");

        assertThat(topics.channels).hasSize(3);
        assertThat(retries).isEmpty();
        assertThat(received).containsExactly("gap", "message");
    }

    @Test
    void everySubscriberOfAChannelReceivesEachMessageOnce() {
        List<String> secondReceived = new CopyOnWriteArrayList<>();
        subscriptions.add("channel", subscriber);
        subscriptions.connect(topics);
        topics.publish("early");
        subscriptions.add("channel", new Subscriber() {
            @Override
            public void onMessage(String message) {
                secondReceived.add(message);
            }

            @Override
            public void onGap() {
                secondReceived.add("gap");
            }
        });
        topics.publish("message");

        assertThat(topics.channels).containsExactly("channel");
        assertThat(received).containsExactly("gap", "early", "message");
        assertThat(secondReceived).as("what was published before is missing").containsExactly("gap", "message");
    }

    /** Like Redisson, it may have registered a listener although it reports a failure. */
    private static final class FakeTopics implements Subscriptions.Topics {

        private final List<String> channels = new CopyOnWriteArrayList<>();
        private final List<Subscriber> registrations = new CopyOnWriteArrayList<>();
        private int failures;

        @Override
        public CompletionStage<?> register(String channel, Subscriber subscriber) {
            channels.add(channel);
            registrations.add(subscriber);
            return failures-- > 0
                    ? CompletableFuture.failedFuture(new IllegalStateException("timeout"))
                    : CompletableFuture.completedFuture(null);
        }

        void publish(String message) {
            registrations.forEach(registration -> registration.onMessage(message));
        }
    }
}
