package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Broadcast through two servers, on every kind of Redis. */
@Tag("contract")
@OnSingleAndCluster
class BroadcastContractTest extends TwoServersSuite {

    private static final int SENDERS = 4;
    private static final int MESSAGES = 2_000;

    private ManagedChannel here;
    private ManagedChannel there;
    private BroadcastPublisher publisher;

    private final String prefix = UniqueIds.next();
    private String room;

    @BeforeParameterizedClassInvocation
    void connect() {
        here = servers.first();
        there = servers.second();
        publisher = new BroadcastPublisher(here);
    }

    @BeforeEach
    void newRoom() {
        room = prefix + UniqueIds.next();
    }

    @AfterParameterizedClassInvocation
    void assertNothingIsStored() {
        assertThat(topology.dump()).doesNotContain("broadcast", prefix);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1_000, 65_536})
    void messageArrivesAtBothServersByteForByte(int bytes) {
        byte[] random = new byte[bytes];
        new Random(bytes).nextBytes(random);
        ByteString payload = ByteString.copyFrom(random);
        try (BroadcastSubscription atFirst = BroadcastSubscription.to(here, room);
                BroadcastSubscription atSecond = BroadcastSubscription.to(there, room)) {
            assertThat(publisher.publish(room, "alice", payload)).as("servers").isEqualTo(2);

            for (BroadcastSubscription subscription : List.of(atFirst, atSecond)) {
                subscription.await(EventCase.MESSAGE);
                assertThat(subscription.kinds()).containsExactly(EventCase.SUBSCRIBED, EventCase.MESSAGE);
                assertThat(subscription.all().get(0).getSubscribed().getRoomIdsList())
                        .containsExactly(room);
                assertThat(subscription.all().get(1).getMessage())
                        .extracting(
                                BroadcastMessage::getRoomId,
                                BroadcastMessage::getSenderId,
                                BroadcastMessage::getPayload)
                        .containsExactly(room, "alice", payload);
            }
        }
    }

    @Test
    void messagePublishedAfterTheSubscribedEventArrives() {
        try (BroadcastSubscription subscription = BroadcastSubscription.open(there)) {
            for (int i = 0; i < 50; i++) {
                String newRoom = UniqueIds.next();
                subscription.add(newRoom);
                publisher.publish(newRoom, "alice", newRoom);
                subscription.awaitMessage(newRoom);
            }
        }
    }

    @Test
    void messagesOfEachSenderArriveInOrder() throws Exception {
        String other = UniqueIds.next();
        try (BroadcastSubscription atFirst = BroadcastSubscription.to(here, room, other);
                BroadcastSubscription atSecond = BroadcastSubscription.to(there, room, other)) {
            Concurrently.run(SENDERS, sender -> {
                String in = sender % 2 == 0 ? room : other;
                publisher.pipeline(
                        MESSAGES,
                        200,
                        i -> BroadcastPublisher.message(
                                in, "sender-" + sender, ByteString.copyFromUtf8(Integer.toString(i))));
                return sender;
            });

            assertAllInOrder(atFirst);
            assertAllInOrder(atSecond);
        }
    }

    /** On a busy machine a reader may be too slow and lose messages; a gap event then has their number. */
    private static void assertAllInOrder(BroadcastSubscription subscription) {
        subscription.awaitReceivedAndLost(SENDERS * MESSAGES);
        Map<String, Integer> last = new HashMap<>();
        for (SubscribeResponse event : subscription.only(SubscribeResponse::hasMessage)) {
            int number = Integer.parseInt(event.getMessage().getPayload().toStringUtf8());
            assertThat(number)
                    .as("previous numbers by sender: " + last)
                    .isGreaterThan(last.getOrDefault(event.getMessage().getSenderId(), -1));
            last.put(event.getMessage().getSenderId(), number);
        }
    }

    @Test
    void messagesOfTheExcludedSenderAreNotSentAndARoomAddedTwiceIsSentOnce() {
        try (BroadcastSubscription alice = BroadcastSubscription.open(there);
                BroadcastSubscription everyone = BroadcastSubscription.to(there, room)) {
            alice.request(SubscribeRequest.newBuilder().addAddRoomIds(room).setExcludeSenderId("alice"));
            alice.awaitSubscribed(room);
            everyone.add(room, room);
            publisher.publish(room, "alice", "of alice");
            publisher.publish(room, "bob", "of bob");
            alice.awaitMessage("of bob");
            everyone.awaitMessage("of bob");

            assertThat(alice.messages()).containsExactly("of bob");
            assertThat(everyone.messages()).containsExactly("of alice", "of bob");
        }
    }

    @Test
    void payloadIsOnlyInThePublishAndTheScriptCallThatSendsIt() {
        try (MonitorTap monitor = MonitorTap.of(topology);
                BroadcastSubscription subscription = BroadcastSubscription.to(there, room)) {
            List<String> commands = monitor.during(() -> {
                publisher.publish(room, "alice", "the payload");
                subscription.awaitMessage("the payload");
            });

            String encoded = new Envelope.Message(room, "alice", ByteString.copyFromUtf8("the payload")).encode();
            assertThat(commands)
                    .filteredOn(command -> command.contains(encoded))
                    .isNotEmpty()
                    .allMatch(command -> command.matches("(?i).*\\] \"(EVALSHA|EVAL|PUBLISH)\" .*"))
                    .anyMatch(command -> command.matches("(?i).* lua\\] \"PUBLISH\" .*"));
            assertThat(commands).noneMatch(command -> command.contains(room));
        }
    }

    @Test
    void payloadOf65537BytesIsRejected() {
        ByteString payload = ByteString.copyFrom(new byte[65_537]);
        StatusAssert.invalidField("payload", () -> publisher.publish(room, "alice", payload));
    }
}
