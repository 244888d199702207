package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceStub;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Checks rates over one connection at fixed times, whether responses arrive or not, and measures each call from the time at
 * which it was to start: a late start counts too. Prints the p50, the p99 and the maximum in microseconds, the failed calls
 * and all calls.
 */
final class PoliteLoad {

    private static final int WARM_UP_SECONDS = 4;
    private static final int DEADLINE_SECONDS = 10;
    private static final int USERS = 1_000;

    private final RateLimitServiceStub stub;
    private final long[] micros;
    private final AtomicInteger failed = new AtomicInteger();
    private final CountDownLatch finished;

    /** Arguments: port, token, calls per second, seconds, and with TLS the file of the certificate. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int perSecond = Integer.parseInt(args[2]);
        int seconds = Integer.parseInt(args[3]);
        ChannelCredentials credentials = args.length < 5
                ? InsecureChannelCredentials.create()
                : TlsChannelCredentials.newBuilder()
                        .trustManager(new File(args[4]))
                        .build();
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[0]), credentials)
                .directExecutor()
                .build();
        RateLimitServiceStub stub = RateLimitServiceGrpc.newStub(channel).withCallCredentials(new Token(args[1]));
        new PoliteLoad(stub, perSecond * WARM_UP_SECONDS).run(perSecond);
        PoliteLoad load = new PoliteLoad(stub, perSecond * seconds);
        load.run(perSecond);
        System.out.println(load);
        channel.shutdownNow();
    }

    private PoliteLoad(RateLimitServiceStub stub, int calls) {
        this.stub = stub;
        this.micros = new long[calls];
        this.finished = new CountDownLatch(calls);
    }

    private void run(int perSecond) throws InterruptedException {
        long begin = System.nanoTime();
        for (int i = 0; i < micros.length; i++) {
            long start = begin + TimeUnit.SECONDS.toNanos(i) / perSecond;
            long wait;
            while ((wait = start - System.nanoTime()) > 0) {
                LockSupport.parkNanos(wait);
            }
            call(i, start);
        }
        finished.await();
    }

    private void call(int number, long start) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId("polite-" + number % USERS)
                .setAction("bench")
                .build();
        stub.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS).checkRate(request, new StreamObserver<>() {
            @Override
            public void onNext(CheckRateResponse response) {
                if (!response.getAllowed()) {
                    failed.incrementAndGet();
                }
            }

            @Override
            public void onError(Throwable failure) {
                if (failed.incrementAndGet() == 1) {
                    System.err.println("first failure of the polite caller: " + failure);
                }
                end();
            }

            @Override
            public void onCompleted() {
                end();
            }

            private void end() {
                micros[number] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start);
                finished.countDown();
            }
        });
    }

    @Override
    public String toString() {
        long[] sorted = micros.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return "%d %d %d %d %d".formatted(sorted[n / 2], sorted[(int) (n * 0.99)], sorted[n - 1], failed.get(), n);
    }
}
