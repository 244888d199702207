package io.flowhub.ephemeral.server.broadcast;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/** A Subscribe stream and the events it received. */
record BroadcastSubscription(
        StreamObserver<SubscribeRequest> requests, StreamReader<SubscribeRequest, SubscribeResponse> reader)
        implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(10);

    static BroadcastSubscription open(Channel channel) {
        return open(channel, StreamReader.eager());
    }

    static BroadcastSubscription open(Channel channel, StreamReader<SubscribeRequest, SubscribeResponse> reader) {
        return new BroadcastSubscription(BroadcastServiceGrpc.newStub(channel).subscribe(reader), reader);
    }

    /** Opens a stream that is subscribed to these rooms. */
    static BroadcastSubscription to(Channel channel, String... rooms) {
        BroadcastSubscription opened = open(channel);
        opened.add(rooms);
        return opened;
    }

    /** Adds rooms and waits for the ack of the server. */
    void add(String... rooms) {
        long before = acks();
        request(SubscribeRequest.newBuilder().addAllAddRoomIds(List.of(rooms)));
        Eventually.within(SOON, "the SUBSCRIBED event", () -> acks() > before);
    }

    private long acks() {
        return kinds().stream().filter(kind -> kind == EventCase.SUBSCRIBED).count();
    }

    void awaitSubscribed(String... rooms) {
        await(
                "SUBSCRIBED to " + List.of(rooms),
                event -> event.getEventCase() == EventCase.SUBSCRIBED
                        && event.getSubscribed().getRoomIdsList().equals(List.of(rooms)));
    }

    void request(SubscribeRequest.Builder request) {
        requests.onNext(request.build());
    }

    void awaitMessage(String payload) {
        await(
                "the message \"" + payload + "\"",
                event -> event.getEventCase() == EventCase.MESSAGE
                        && event.getMessage().getPayload().equals(ByteString.copyFromUtf8(payload)));
    }

    void await(EventCase kind) {
        await("a " + kind + " event", event -> event.getEventCase() == kind);
    }

    private void await(String description, Predicate<SubscribeResponse> condition) {
        Eventually.within(SOON, description, () -> events().stream().anyMatch(condition));
    }

    List<SubscribeResponse> events() {
        return reader.all();
    }

    List<EventCase> kinds() {
        return events().stream().map(SubscribeResponse::getEventCase).toList();
    }

    List<String> messages() {
        return events().stream()
                .filter(event -> event.getEventCase() == EventCase.MESSAGE)
                .map(event -> event.getMessage().getPayload().toStringUtf8())
                .toList();
    }

    @Override
    public void close() {
        reader.cancel();
    }
}
