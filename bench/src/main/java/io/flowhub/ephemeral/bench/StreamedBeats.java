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

/** StreamHeartbeats in frames of 1,000 users over a few streams, each with two frames under way. Prints beats a second. */
final class StreamedBeats {

    private static final int STREAMS = 4;
    private static final int USERS_A_FRAME = 1_000;
    private static final int FRAMES_UNDER_WAY = 2;

    private final List<StreamHeartbeatsRequest> frames;
    private final AtomicInteger left;
    private final CountDownLatch finished = new CountDownLatch(STREAMS * FRAMES_UNDER_WAY);

    /** Takes the server's port, how many users there are, and how many frames to send. */
    public static void main(String[] args) throws InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[0]))
                .usePlaintext()
                .directExecutor()
                .build();
        List<StreamHeartbeatsRequest> frames = frames(Integer.parseInt(args[1]));
        int count = Integer.parseInt(args[2]);
        new StreamedBeats(frames, count / 4).run(channel); // warms up
        System.out.printf("%.0f%n", new StreamedBeats(frames, count).run(channel));
        channel.shutdownNow();
    }

    private StreamedBeats(List<StreamHeartbeatsRequest> frames, int count) {
        this.frames = frames;
        this.left = new AtomicInteger(count);
    }

    private static List<StreamHeartbeatsRequest> frames(int users) {
        List<StreamHeartbeatsRequest> frames = new ArrayList<>();
        for (int first = 0; first < users; first += USERS_A_FRAME) {
            frames.add(StreamHeartbeatsRequest.newBuilder()
                    .addAllUserIds(IntStream.range(first, first + USERS_A_FRAME)
                            .mapToObj(user -> "u" + user)
                            .toList())
                    .build());
        }
        return frames;
    }

    private double run(ManagedChannel channel) throws InterruptedException {
        int count = left.get();
        long begin = System.nanoTime();
        for (int i = 0; i < STREAMS; i++) {
            Sender sender = new Sender();
            sender.requests = PresenceServiceGrpc.newStub(channel).streamHeartbeats(sender);
            for (int j = 0; j < FRAMES_UNDER_WAY; j++) {
                sender.next();
            }
        }
        finished.await();
        return (double) count * USERS_A_FRAME / ((System.nanoTime() - begin) / 1e9);
    }

    private final class Sender implements StreamObserver<StreamHeartbeatsResponse> {

        private @Nullable StreamObserver<StreamHeartbeatsRequest> requests;

        private synchronized void next() {
            int number = left.getAndDecrement();
            if (number > 0) {
                Objects.requireNonNull(requests).onNext(frames.get(number % frames.size()));
            } else {
                finished.countDown();
            }
        }

        @Override
        public void onNext(StreamHeartbeatsResponse response) {
            if (response.getRejectedCount() > 0) {
                throw new IllegalStateException("refused: " + response.getRejected(0));
            }
            next();
        }

        @Override
        public void onError(Throwable failure) {
            if (left.get() > 0) {
                failure.printStackTrace();
                System.exit(1);
            }
        }

        @Override
        public void onCompleted() {}
    }
}
