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

/** An open stream of subscriptions, as a test sees it. */
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

    /** Returns once the server says that it listens. */
    void add(String... rooms) {
        long before = answers();
        request(SubscribeRequest.newBuilder().addAllAddRoomIds(List.of(rooms)));
        Eventually.within(SOON, "an ack", () -> answers() > before);
    }

    private long answers() {
        return kinds().stream().filter(kind -> kind == EventCase.SUBSCRIBED).count();
    }

    void awaitSubscribed(String... rooms) {
        reader.awaitFirst(
                SOON,
                told -> told.getEventCase() == EventCase.SUBSCRIBED
                        && told.getSubscribed().getRoomIdsList().equals(List.of(rooms)));
    }

    void request(SubscribeRequest.Builder request) {
        requests.onNext(request.build());
    }

    void awaitMessage(String payload) {
        reader.awaitFirst(
                SOON,
                told -> told.getEventCase() == EventCase.MESSAGE
                        && told.getMessage().getPayload().equals(ByteString.copyFromUtf8(payload)));
    }

    void await(EventCase kind) {
        reader.awaitFirst(SOON, told -> told.getEventCase() == kind);
    }

    List<SubscribeResponse> told() {
        return reader.all();
    }

    List<EventCase> kinds() {
        return told().stream().map(SubscribeResponse::getEventCase).toList();
    }

    List<String> messages() {
        return told().stream()
                .filter(told -> told.getEventCase() == EventCase.MESSAGE)
                .map(told -> told.getMessage().getPayload().toStringUtf8())
                .toList();
    }

    @Override
    public void close() {
        reader.cancel();
    }
}
