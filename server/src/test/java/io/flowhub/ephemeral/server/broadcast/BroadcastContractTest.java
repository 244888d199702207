package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastSubscribed;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of broadcast over two servers, on any Redis. */
@OnSingleAndCluster
class BroadcastContractTest extends TwoServersSuite {

    private static final int SENDERS = 4;
    private static final int MESSAGES = 2_000;

    private ManagedChannel here;
    private ManagedChannel there;
    private BroadcastPublisher publisher;

    private final String room = UniqueIds.next();

    @BeforeParameterizedClassInvocation
    void connect() {
        here = servers.first();
        there = servers.second();
        publisher = new BroadcastPublisher(here);
    }

    @AfterParameterizedClassInvocation
    void assertNothingIsStored() {
        assertThat(topology.dump()).doesNotContain("broadcast", room);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1_000, 65_536})
    void messageArrivesAtBothServersByteForByte(int bytes) {
        byte[] random = new byte[bytes];
        new Random(bytes).nextBytes(random);
        ByteString payload = ByteString.copyFrom(random);
        String room = UniqueIds.next();
        try (BroadcastSubscription atThis = BroadcastSubscription.to(here, room);
                BroadcastSubscription atTheOther = BroadcastSubscription.to(there, room)) {
            assertThat(publisher.publish(room, "alice", payload)).as("servers").isEqualTo(2);

            for (BroadcastSubscription subscription : List.of(atThis, atTheOther)) {
                subscription.await(EventCase.MESSAGE);
                assertThat(subscription.told())
                        .containsExactly(
                                SubscribeResponse.newBuilder()
                                        .setSubscribed(
                                                BroadcastSubscribed.newBuilder().addRoomIds(room))
                                        .build(),
                                SubscribeResponse.newBuilder()
                                        .setMessage(BroadcastMessage.newBuilder()
                                                .setRoomId(room)
                                                .setSenderId("alice")
                                                .setPayload(payload))
                                        .build());
            }
        }
    }

    @Test
    void messagePublishedAfterTheSubscribedEventArrives() {
        try (BroadcastSubscription subscription = BroadcastSubscription.open(there)) {
            for (int i = 0; i < 50; i++) {
                String fresh = UniqueIds.next();
                subscription.add(fresh);
                publisher.publish(fresh, "alice", fresh);
                subscription.awaitMessage(fresh);
            }
        }
    }

    @Test
    void messagesOfEachSenderComeInOrder() throws Exception {
        String other = UniqueIds.next();
        try (BroadcastSubscription atThis = BroadcastSubscription.to(here, room, other);
                BroadcastSubscription atTheOther = BroadcastSubscription.to(there, room, other)) {
            Concurrently.run(SENDERS, sender -> {
                String in = sender % 2 == 0 ? room : other;
                publisher.pipeline(
                        MESSAGES,
                        200,
                        i -> BroadcastPublisher.message(
                                in, "sender-" + sender, ByteString.copyFromUtf8(Integer.toString(i))));
                return sender;
            });

            assertAllInOrder(atThis);
            assertAllInOrder(atTheOther);
        }
    }

    /** On a busy machine a reader may be slow and miss messages: then a gap event has the count. */
    private static void assertAllInOrder(BroadcastSubscription subscription) {
        try {
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "all messages are received or counted as lost",
                    () -> subscription.messages().size() + lost(subscription) == SENDERS * MESSAGES);
        } catch (AssertionError e) {
            List<SubscribeResponse> others = subscription.told().stream()
                    .filter(told -> told.getEventCase() != EventCase.MESSAGE)
                    .toList();
            throw new AssertionError(subscription.messages().size() + " messages and " + others, e);
        }
        Map<String, Integer> last = new HashMap<>();
        for (SubscribeResponse told : subscription.told()) {
            if (told.getEventCase() == EventCase.MESSAGE) {
                int number = Integer.parseInt(told.getMessage().getPayload().toStringUtf8());
                assertThat(number)
                        .as("after " + last)
                        .isGreaterThan(last.getOrDefault(told.getMessage().getSenderId(), -1));
                last.put(told.getMessage().getSenderId(), number);
            }
        }
    }

    private static long lost(BroadcastSubscription subscription) {
        return subscription.told().stream()
                .mapToLong(told -> told.getGap().getLost())
                .sum();
    }

    @Test
    void roomsComeAndGoOnTheOpenStream() {
        String first = UniqueIds.next();
        String second = UniqueIds.next();
        String third = UniqueIds.next();
        try (BroadcastSubscription subscription = BroadcastSubscription.to(there, first)) {
            publisher.publish(first, "alice", "1");
            publisher.publish(second, "alice", "not yet");
            publisher.publish(first, "alice", "passed"); // by then the server of the subscription has heard both
            subscription.awaitMessage("passed");
            subscription.add(second);
            publisher.publish(second, "alice", "2");
            subscription.awaitMessage("2");
            subscription.request(
                    SubscribeRequest.newBuilder().addRemoveRoomIds(first).addAddRoomIds(third));
            subscription.awaitSubscribed(third);
            publisher.publish(first, "alice", "no longer");
            publisher.publish(second, "alice", "3");
            publisher.publish(third, "alice", "4");
            subscription.awaitMessage("4");
            subscription.add(first);
            publisher.publish(first, "alice", "5");
            subscription.awaitMessage("5");

            assertThat(subscription.messages()).containsExactly("1", "passed", "2", "3", "4", "5");
        }
    }

    @Test
    void removalAloneIsNotAnswered() {
        String kept = UniqueIds.next();
        String removed = UniqueIds.next();
        try (BroadcastSubscription subscription = BroadcastSubscription.to(there, kept, removed)) {
            subscription.request(SubscribeRequest.newBuilder().addRemoveRoomIds(removed));
            subscription.add(UniqueIds.next()); // requests are taken in order
            publisher.publish(removed, "alice", "unheard");
            publisher.publish(kept, "alice", "heard");
            subscription.awaitMessage("heard");

            assertThat(subscription.kinds())
                    .containsExactly(EventCase.SUBSCRIBED, EventCase.SUBSCRIBED, EventCase.MESSAGE);
            assertThat(subscription.messages()).containsExactly("heard");
        }
    }

    @Test
    void messagesOfTheExcludedSenderAreNotSent() {
        String room = UniqueIds.next();
        try (BroadcastSubscription alice = BroadcastSubscription.open(there);
                BroadcastSubscription everyone = BroadcastSubscription.to(there, room)) {
            alice.request(SubscribeRequest.newBuilder().addAddRoomIds(room).setExcludeSenderId("alice"));
            alice.awaitSubscribed(room);
            publisher.publish(room, "alice", "hers");
            publisher.publish(room, "bob", "his");
            alice.awaitMessage("his");
            everyone.awaitMessage("his");

            assertThat(alice.messages()).containsExactly("his");
            assertThat(everyone.messages()).containsExactly("hers", "his");
        }
    }

    @Test
    void roomAddedTwiceIsSentOnce() {
        String room = UniqueIds.next();
        try (BroadcastSubscription subscription = BroadcastSubscription.to(there, room)) {
            subscription.add(room, room);
            publisher.publish(room, "alice", "once");
            publisher.publish(room, "alice", "and then");
            subscription.awaitMessage("and then");

            assertThat(subscription.messages()).containsExactly("once", "and then");
        }
    }

    @Test
    void readerThatHalfClosesStillGetsMessages() {
        String room = UniqueIds.next();
        try (BroadcastSubscription subscription = BroadcastSubscription.to(there, room)) {
            subscription.requests().onCompleted();
            publisher.publish(room, "alice", "heard");
            subscription.awaitMessage("heard");

            assertThat(subscription.reader().hasEnded()).isFalse();
        }
    }
}
