package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Sends frames of 1,000 users over 4 streams, with 2 frames in flight on each. Prints the heartbeats per second. */
final class StreamHeartbeatsLoad {

    private static final int STREAMS = 4;
    private static final int USERS_PER_FRAME = 1_000;
    private static final int FRAMES_IN_FLIGHT = 2;

    private final List<StreamHeartbeatsRequest> frames;
    private final AtomicInteger remaining;
    private final CountDownLatch finished = new CountDownLatch(STREAMS * FRAMES_IN_FLIGHT);

    /** Arguments: port of the server, number of users (a multiple of 1,000), number of frames. */
    public static void main(String[] args) throws InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[0]))
                .usePlaintext()
                .directExecutor()
                .build();
        List<StreamHeartbeatsRequest> frames = frames(Integer.parseInt(args[1]));
        int count = Integer.parseInt(args[2]);
        new StreamHeartbeatsLoad(frames, count / 4).run(channel); // warm-up
        System.out.printf("%.0f%n", new StreamHeartbeatsLoad(frames, count).run(channel));
        channel.shutdownNow();
    }

    private StreamHeartbeatsLoad(List<StreamHeartbeatsRequest> frames, int count) {
        this.frames = frames;
        this.remaining = new AtomicInteger(count);
    }

    private static List<StreamHeartbeatsRequest> frames(int users) {
        List<StreamHeartbeatsRequest> frames = new ArrayList<>();
        for (int first = 0; first < users; first += USERS_PER_FRAME) {
            frames.add(StreamHeartbeatsRequest.newBuilder()
                    .addAllUserIds(IntStream.range(first, first + USERS_PER_FRAME)
                            .mapToObj(user -> "u" + user)
                            .toList())
                    .build());
        }
        return frames;
    }

    private double run(ManagedChannel channel) throws InterruptedException {
        int count = remaining.get();
        long begin = System.nanoTime();
        for (int i = 0; i < STREAMS; i++) {
            Sender sender = new Sender();
            sender.requests = PresenceServiceGrpc.newStub(channel).streamHeartbeats(sender);
            for (int j = 0; j < FRAMES_IN_FLIGHT; j++) {
                sender.sendNext();
            }
        }
        finished.await();
        return (double) count * USERS_PER_FRAME / ((System.nanoTime() - begin) / 1e9);
    }

    private final class Sender implements StreamObserver<StreamHeartbeatsResponse> {

        private @Nullable StreamObserver<StreamHeartbeatsRequest> requests;

        private synchronized void sendNext() {
            int number = remaining.getAndDecrement();
            if (number > 0) {
                Objects.requireNonNull(requests).onNext(frames.get(number % frames.size()));
            } else {
                finished.countDown();
            }
        }

        @Override
        public void onNext(StreamHeartbeatsResponse response) {
            if (response.getRejectedCount() > 0) {
                throw new IllegalStateException("rejected: " + response.getRejected(0));
            }
            sendNext();
        }

        @Override
        public void onError(Throwable failure) {
            if (finished.getCount() > 0) { // later the channel is shut down, which ends the streams
                failure.printStackTrace();
                System.exit(1);
            }
        }

        @Override
        public void onCompleted() {}
    }
}
