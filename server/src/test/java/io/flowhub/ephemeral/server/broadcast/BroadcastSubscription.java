package io.flowhub.ephemeral.server.broadcast;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/** A Subscribe stream and the events it received. */
final class BroadcastSubscription extends StreamReader<SubscribeRequest, SubscribeResponse> {

    static final Duration SOON = Duration.ofSeconds(10);

    BroadcastSubscription(Channel channel, boolean stalls) {
        super(stalls);
        var unused = BroadcastServiceGrpc.newStub(channel).subscribe(this);
    }

    static BroadcastSubscription open(Channel channel) {
        return new BroadcastSubscription(channel, false);
    }

    /** Opens a stream that is subscribed to these rooms. */
    static BroadcastSubscription to(Channel channel, String... rooms) {
        BroadcastSubscription opened = open(channel);
        opened.add(rooms);
        return opened;
    }

    /** Adds rooms and waits for the ack of the server. */
    void add(String... rooms) {
        int before = only(SubscribeResponse::hasSubscribed).size();
        request(SubscribeRequest.newBuilder().addAllAddRoomIds(List.of(rooms)));
        await(
                SOON,
                "the SUBSCRIBED event",
                () -> only(SubscribeResponse::hasSubscribed).size() > before);
    }

    void request(SubscribeRequest.Builder request) {
        send(request.build());
    }

    void awaitSubscribed(String room) {
        await(
                "SUBSCRIBED to " + room,
                event -> event.getSubscribed().getRoomIdsList().equals(List.of(room)));
    }

    void awaitMessage(String payload) {
        await(
                "the message \"" + payload + "\"",
                event ->
                        event.hasMessage() && event.getMessage().getPayload().equals(ByteString.copyFromUtf8(payload)));
    }

    void await(EventCase kind) {
        await("a " + kind + " event", event -> event.getEventCase() == kind);
    }

    private void await(String description, Predicate<SubscribeResponse> condition) {
        await(SOON, description, () -> !only(condition).isEmpty());
    }

    List<EventCase> kinds() {
        return all().stream().map(SubscribeResponse::getEventCase).toList();
    }

    List<String> messages() {
        return only(SubscribeResponse::hasMessage).stream()
                .map(event -> event.getMessage().getPayload().toStringUtf8())
                .toList();
    }

    /** The number of messages received or counted as lost. */
    long receivedAndLost() {
        return all().stream()
                .mapToLong(event -> event.hasMessage() ? 1 : event.getGap().getLost())
                .sum();
    }

    void awaitReceivedAndLost(int total) {
        await(SOON, total + " messages are received or counted as lost", () -> receivedAndLost() == total);
    }
}
