package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceStub;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** CheckRate for random users, which h2load cannot do: it sends the same bytes each time. Prints calls a second. */
final class ManyKeys {

    private static final int CHANNELS = 4;
    private static final int CALLS_IN_FLIGHT_PER_CHANNEL = 64;
    private static final String ACTION = "bench";

    private final int users;
    private final long calls;
    private final AtomicLong started = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final CountDownLatch finished = new CountDownLatch(CHANNELS * CALLS_IN_FLIGHT_PER_CHANNEL);

    /** Takes the server's port, how many users there are, and how many calls to make. */
    public static void main(String[] args) throws InterruptedException {
        ManyKeys load = new ManyKeys(Integer.parseInt(args[1]), Long.parseLong(args[2]));
        System.out.printf("%.0f%n", load.run(Integer.parseInt(args[0])));
    }

    private ManyKeys(int users, long calls) {
        this.users = users;
        this.calls = calls;
    }

    private double run(int port) throws InterruptedException {
        long begin = System.nanoTime();
        ManagedChannel[] channels = new ManagedChannel[CHANNELS];
        for (int c = 0; c < CHANNELS; c++) {
            channels[c] = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .directExecutor()
                    .build();
            for (int i = 0; i < CALLS_IN_FLIGHT_PER_CHANNEL; i++) {
                next(RateLimitServiceGrpc.newStub(channels[c]), new SplittableRandom(c * 1_000L + i));
            }
        }
        finished.await();
        double seconds = (System.nanoTime() - begin) / 1e9;
        for (ManagedChannel channel : channels) {
            channel.shutdownNow();
        }
        if (refused.get() > 0) {
            throw new IllegalStateException(refused + " calls were not allowed");
        }
        return calls / seconds;
    }

    private void next(RateLimitServiceStub stub, SplittableRandom random) {
        if (started.incrementAndGet() > calls) {
            finished.countDown();
            return;
        }
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(Integer.toString(random.nextInt(users)))
                .setAction(ACTION)
                .build();
        stub.checkRate(request, new StreamObserver<>() {
            @Override
            public void onNext(CheckRateResponse response) {
                if (!response.getAllowed()) {
                    refused.incrementAndGet();
                }
            }

            @Override
            public void onError(Throwable failure) {
                refused.incrementAndGet();
                next(stub, random);
            }

            @Override
            public void onCompleted() {
                next(stub, random);
            }
        });
    }
}
