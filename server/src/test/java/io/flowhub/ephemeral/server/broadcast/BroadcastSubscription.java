package io.flowhub.ephemeral.server.broadcast;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.Kind;
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

    /** Opens one that is told that it listens to these rooms. */
    static BroadcastSubscription to(Channel channel, String... rooms) {
        BroadcastSubscription opened = open(channel);
        opened.add(rooms);
        return opened;
    }

    /** Returns once the server says that it listens. */
    void add(String... rooms) {
        long before = answers();
        request(SubscribeRequest.newBuilder().addAllAddRoomIds(List.of(rooms)));
        Eventually.within(SOON, () -> answers() > before);
    }

    private long answers() {
        return kinds().stream().filter(kind -> kind == Kind.KIND_SUBSCRIBED).count();
    }

    void awaitSubscribed(String... rooms) {
        reader.awaitFirst(
                SOON,
                told -> told.getKind() == Kind.KIND_SUBSCRIBED
                        && told.getRoomIdsList().equals(List.of(rooms)));
    }

    void request(SubscribeRequest.Builder request) {
        requests.onNext(request.build());
    }

    void awaitMessage(String payload) {
        reader.awaitFirst(
                SOON,
                told -> told.getKind() == Kind.KIND_MESSAGE
                        && told.getPayload().equals(ByteString.copyFromUtf8(payload)));
    }

    void await(Kind kind) {
        reader.awaitFirst(SOON, told -> told.getKind() == kind);
    }

    List<SubscribeResponse> told() {
        return reader.all();
    }

    List<Kind> kinds() {
        return told().stream().map(SubscribeResponse::getKind).toList();
    }

    List<String> messages() {
        return told().stream()
                .filter(told -> told.getKind() == Kind.KIND_MESSAGE)
                .map(told -> told.getPayload().toStringUtf8())
                .toList();
    }

    @Override
    public void close() {
        reader.cancel();
    }
}
