package io.flowhub.ephemeral.bench;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Calls that differ from each other, which h2load cannot make: it sends the same bytes each time. A fixed number of
 * them is under way all the time.
 */
final class Load implements AutoCloseable {

    private static final int CHANNELS = 4;
    private static final int CALLS_IN_FLIGHT_PER_CHANNEL = 64;

    private final ManagedChannel[] channels;

    Load(int port) {
        this.channels = Stream.generate(() -> NettyChannelBuilder.forAddress("127.0.0.1", port)
                        .usePlaintext()
                        .directExecutor()
                        .build())
                .limit(CHANNELS)
                .toArray(ManagedChannel[]::new);
    }

    /** Makes one call. */
    interface Caller<R> {

        /** Makes the call of this number on the channel. */
        void call(Channel channel, long number, StreamObserver<R> observer);

        /** Whether the response is the one that the benchmark is about. */
        boolean isRight(long number, R response);
    }

    /** Makes so many calls, numbered from 0, and returns how many a second were answered. */
    <R> double run(long calls, Caller<R> caller) throws InterruptedException {
        Run<R> run = new Run<>(calls, caller);
        long begin = System.nanoTime();
        for (ManagedChannel channel : channels) {
            for (int i = 0; i < CALLS_IN_FLIGHT_PER_CHANNEL; i++) {
                run.next(channel);
            }
        }
        run.finished.await();
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (run.wrong.get() > 0) {
            throw new IllegalStateException(run.wrong + " of " + calls + " answers were not the right ones");
        }
        return calls / seconds;
    }

    private static final class Run<R> {

        private final long calls;
        private final Caller<R> caller;
        private final AtomicLong started = new AtomicLong();
        private final AtomicLong wrong = new AtomicLong();
        private final CountDownLatch finished = new CountDownLatch(CHANNELS * CALLS_IN_FLIGHT_PER_CHANNEL);

        Run(long calls, Caller<R> caller) {
            this.calls = calls;
            this.caller = caller;
        }

        void next(Channel channel) {
            long number = started.getAndIncrement();
            if (number >= calls) {
                finished.countDown();
                return;
            }
            caller.call(channel, number, new StreamObserver<>() {
                @Override
                public void onNext(R response) {
                    if (!caller.isRight(number, response)) {
                        wrong.incrementAndGet();
                    }
                }

                @Override
                public void onError(Throwable failure) {
                    wrong.incrementAndGet();
                    next(channel);
                }

                @Override
                public void onCompleted() {
                    next(channel);
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
