package io.flowhub.ephemeral.bench;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Fills the memory that a server has for streams: 120 subscribers that stop reading, each in a room with 33 messages of 32 KB,
 * and streams of each kind with 20,000 ids until one is refused. Prints how many of each kind were open, and the status of
 * the refusal; keeps them open until standard input ends.
 */
final class FullStreamsLoad {

    private static final int STALLED = 120;
    private static final int MESSAGES = 33;
    private static final ByteString PAYLOAD = ByteString.copyFrom(new byte[32_768]);
    private static final int IDS = 20_000;
    private static final int IDS_PER_REQUEST = 1_000;
    private static final int MAX_STREAMS = 100;
    private static final long REFUSED_WITHIN_SECONDS = 2;
    private static final int WINDOW = 65_535;

    /** Argument: port of the server. */
    public static void main(String[] args) throws InterruptedException, IOException {
        int port = Integer.parseInt(args[0]);
        ManagedChannel narrow = connect(port).flowControlWindow(WINDOW).build();
        ManagedChannel channel = connect(port).build();
        for (int i = 0; i < STALLED; i++) {
            Stalled<SubscribeRequest, SubscribeResponse> subscriber = new Stalled<>();
            BroadcastServiceGrpc.newStub(narrow)
                    .subscribe(subscriber)
                    .onNext(SubscribeRequest.newBuilder()
                            .addAddRoomIds("stalled-" + i)
                            .build());
            subscriber.first.await();
        }
        fill(
                "WatchPresence",
                PresenceServiceGrpc.newStub(channel)::watchPresence,
                ids -> WatchPresenceRequest.newBuilder().addAllAddUserIds(ids).build());
        fill(
                "WatchTyping",
                TypingServiceGrpc.newStub(channel)::watchTyping,
                ids -> WatchTypingRequest.newBuilder().addAllAddRoomIds(ids).build());
        fill(
                "Subscribe",
                BroadcastServiceGrpc.newStub(channel)::subscribe,
                ids -> SubscribeRequest.newBuilder().addAllAddRoomIds(ids).build());
        var publisher = BroadcastServiceGrpc.newBlockingStub(channel);
        for (int i = 0; i < STALLED * MESSAGES; i++) {
            publisher.publish(PublishRequest.newBuilder()
                    .setRoomId("stalled-" + i % STALLED)
                    .setSenderId("s")
                    .setPayload(PAYLOAD)
                    .build());
        }
        System.out.println("full");
        while (System.in.read() >= 0) {}
        narrow.shutdownNow();
        channel.shutdownNow();
    }

    private static NettyChannelBuilder connect(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext();
    }

    private static <Q, A> void fill(
            String kind, Function<StreamObserver<A>, StreamObserver<Q>> rpc, Function<List<String>, Q> request)
            throws InterruptedException {
        List<End<A>> open = new ArrayList<>();
        while (open.size() < MAX_STREAMS) {
            End<A> end = new End<>();
            StreamObserver<Q> requests = rpc.apply(end);
            String prefix = kind + "-of-a-stream-of-the-load-" + open.size() + "-";
            for (int i = 0; i < IDS; i += IDS_PER_REQUEST) {
                requests.onNext(request.apply(IntStream.range(i, i + IDS_PER_REQUEST)
                        .mapToObj(id -> prefix + id)
                        .toList()));
            }
            if (end.ended.await(REFUSED_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                System.out.printf("%s open %d, then %s%n", kind, open.size(), end.status);
                return;
            }
            open.add(end);
        }
        throw new IllegalStateException(MAX_STREAMS + " streams of " + kind + " were not refused");
    }

    private static final class End<A> implements StreamObserver<A> {

        private final CountDownLatch ended = new CountDownLatch(1);
        private @Nullable Status status;

        @Override
        public void onNext(A event) {}

        @Override
        public void onError(Throwable failure) {
            status = Status.fromThrowable(failure);
            ended.countDown();
        }

        @Override
        public void onCompleted() {}
    }

    /** Reads one event. */
    private static final class Stalled<Q, A> implements ClientResponseObserver<Q, A> {

        private final CountDownLatch first = new CountDownLatch(1);

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> call) {
            call.disableAutoRequestWithInitial(1);
        }

        @Override
        public void onNext(A event) {
            first.countDown();
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}
