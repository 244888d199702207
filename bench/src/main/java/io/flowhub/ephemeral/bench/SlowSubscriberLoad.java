package io.flowhub.ephemeral.bench;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes, reads nothing while 1,000 messages of 1 KB per second are published, and then reads all that is left.
 * Prints the numbers of published messages, of received messages, and of messages reported as lost in gap events.
 */
final class SlowSubscriberLoad implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {

    private static final int MESSAGES_PER_SECOND = 1_000;
    private static final int ALL = 1_000_000;

    private final CountDownLatch subscribed = new CountDownLatch(1);
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private @Nullable ClientCallStreamObserver<SubscribeRequest> requests;

    /** Arguments: port of the server, seconds without a read. */
    public static void main(String[] args) throws InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[0]))
                .usePlaintext()
                .build();
        SlowSubscriberLoad subscriber = new SlowSubscriberLoad();
        long published = subscriber.run(channel, Integer.parseInt(args[1]));
        System.out.printf(
                "published %d received %d lost %d%n", published, subscriber.received.get(), subscriber.lost.get());
        channel.shutdownNow();
    }

    private long run(ManagedChannel channel, int seconds) throws InterruptedException {
        BroadcastServiceGrpc.newStub(channel).subscribe(this);
        requests().onNext(SubscribeRequest.newBuilder().addAddRoomIds("slow").build());
        subscribed.await();
        var publisher = BroadcastServiceGrpc.newBlockingStub(channel);
        PublishRequest message = PublishRequest.newBuilder()
                .setRoomId("slow")
                .setSenderId("fast")
                .setPayload(ByteString.copyFrom(new byte[1_024]))
                .build();
        long begin = System.nanoTime();
        int published = 0;
        while (published < seconds * MESSAGES_PER_SECOND) {
            publisher.publish(message);
            published++;
            long due = begin + TimeUnit.SECONDS.toNanos(1) / MESSAGES_PER_SECOND * published;
            TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
        }
        requests().request(ALL);
        for (int i = 0; i < 100 && received.get() + lost.get() < published; i++) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return published;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<SubscribeRequest> call) {
        requests = call;
        call.disableAutoRequestWithInitial(1);
    }

    private ClientCallStreamObserver<SubscribeRequest> requests() {
        return Objects.requireNonNull(requests);
    }

    @Override
    public void onNext(SubscribeResponse response) {
        switch (response.getEventCase()) {
            case SUBSCRIBED -> subscribed.countDown();
            case MESSAGE -> received.incrementAndGet();
            case GAP -> lost.addAndGet(response.getGap().getLost());
            default -> throw new IllegalStateException("unexpected event: " + response.getEventCase());
        }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
}
