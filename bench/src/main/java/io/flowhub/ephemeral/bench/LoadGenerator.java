package io.flowhub.ephemeral.bench;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Makes calls that differ from each other, which h2load cannot: it sends the same bytes each time. Keeps a fixed number
 * of calls in flight.
 */
final class LoadGenerator implements AutoCloseable {

    private static final int CHANNELS = 4;
    private static final int CALLS_IN_FLIGHT_PER_CHANNEL = 64;

    private final ManagedChannel[] channels;

    LoadGenerator(int port) {
        this.channels = Stream.generate(() -> NettyChannelBuilder.forAddress("127.0.0.1", port)
                        .usePlaintext()
                        .directExecutor()
                        .build())
                .limit(CHANNELS)
                .toArray(ManagedChannel[]::new);
    }

    /** The calls of one measurement. */
    interface Call<R> {

        /** Starts the call with this number. */
        void start(Channel channel, long number, StreamObserver<R> observer);

        /** Whether the response is the one to measure: a hit, an allowed call, a valid code. */
        boolean isExpected(long number, R response);
    }

    /** Makes calls with the numbers from 0, and returns the calls per second. Fails if a response is unexpected. */
    <R> double run(long calls, Call<R> call) throws InterruptedException {
        Run<R> run = new Run<>(calls, call);
        long begin = System.nanoTime();
        for (ManagedChannel channel : channels) {
            for (int i = 0; i < CALLS_IN_FLIGHT_PER_CHANNEL; i++) {
                run.startNext(channel);
            }
        }
        run.finished.await();
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (run.unexpected.get() > 0) {
            throw new IllegalStateException(run.unexpected + " of " + calls + " responses were unexpected");
        }
        return calls / seconds;
    }

    private static final class Run<R> {

        private final long calls;
        private final Call<R> call;
        private final AtomicLong started = new AtomicLong();
        private final AtomicLong unexpected = new AtomicLong();
        private final CountDownLatch finished = new CountDownLatch(CHANNELS * CALLS_IN_FLIGHT_PER_CHANNEL);

        Run(long calls, Call<R> call) {
            this.calls = calls;
            this.call = call;
        }

        void startNext(Channel channel) {
            long number = started.getAndIncrement();
            if (number >= calls) {
                finished.countDown();
                return;
            }
            call.start(channel, number, new StreamObserver<>() {
                @Override
                public void onNext(R response) {
                    if (!call.isExpected(number, response)) {
                        unexpected.incrementAndGet();
                    }
                }

                @Override
                public void onError(Throwable failure) {
                    unexpected.incrementAndGet();
                    startNext(channel);
                }

                @Override
                public void onCompleted() {
                    startNext(channel);
                }
            });
        }
    }

    @Override
    public void close() {
        for (ManagedChannel channel : channels) {
            channel.shutdownNow();
        }
    }
}
