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
 * A subscriber that reads nothing while a thousand messages of 1 KB a second are published, and then everything that is left.
 * Prints how many were published, read, and told to be lost.
 */
final class SlowReader implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {

    private static final int MESSAGES_A_SECOND = 1_000;
    private static final int ALL = 1_000_000;

    private final CountDownLatch subscribed = new CountDownLatch(1);
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private @Nullable ClientCallStreamObserver<SubscribeRequest> call;

    /** Takes the server's port, and for how many seconds nothing is read. */
    public static void main(String[] args) throws InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[0]))
                .usePlaintext()
                .build();
        SlowReader reader = new SlowReader();
        long published = reader.run(channel, Integer.parseInt(args[1]));
        System.out.printf("published %d read %d lost %d%n", published, reader.read.get(), reader.lost.get());
        channel.shutdownNow();
    }

    private long run(ManagedChannel channel, int seconds) throws InterruptedException {
        BroadcastServiceGrpc.newStub(channel).subscribe(this);
        started().onNext(SubscribeRequest.newBuilder().addAddRoomIds("slow").build());
        subscribed.await();
        var publisher = BroadcastServiceGrpc.newBlockingStub(channel);
        PublishRequest message = PublishRequest.newBuilder()
                .setRoomId("slow")
                .setSenderId("fast")
                .setPayload(ByteString.copyFrom(new byte[1_024]))
                .build();
        long begin = System.nanoTime();
        int published = 0;
        while (published < seconds * MESSAGES_A_SECOND) {
            publisher.publish(message);
            published++;
            long due = begin + TimeUnit.SECONDS.toNanos(1) / MESSAGES_A_SECOND * published;
            TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
        }
        started().request(ALL);
        for (int i = 0; i < 100 && read.get() + lost.get() < published; i++) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return published;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<SubscribeRequest> started) {
        call = started;
        started.disableAutoRequestWithInitial(1);
    }

    private ClientCallStreamObserver<SubscribeRequest> started() {
        return Objects.requireNonNull(call);
    }

    @Override
    public void onNext(SubscribeResponse response) {
        switch (response.getEventCase()) {
            case SUBSCRIBED -> subscribed.countDown();
            case MESSAGE -> read.incrementAndGet();
            case GAP -> lost.addAndGet(response.getGap().getLost());
            default -> throw new IllegalStateException("unexpected: " + response.getEventCase());
        }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
}
