package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceStub;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A caller that ignores rejections: as many calls in flight as the server allows on each of many connections, each for
 * another user and repeated at once, and streams that are opened until they are rejected, and then again. Prints accepted,
 * rejected and failed calls per second, and the streams that were opened and rejected.
 */
final class AbusiveLoad {

    private static final int CALLS_IN_FLIGHT = 1_000;
    private static final int USERS = 100_000;
    private static final int WATCHED_IDS = 100;

    private final AtomicLong numbers = new AtomicLong();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder opened = new LongAdder();
    private final LongAdder rejectedStreams = new LongAdder();
    private volatile boolean ended;

    /** Arguments: port, token, connections, seconds. */
    public static void main(String[] args) throws InterruptedException {
        Token token = new Token(args[1]);
        int seconds = Integer.parseInt(args[3]);
        ManagedChannel[] channels = Stream.generate(
                        () -> NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(args[0]))
                                .usePlaintext()
                                .directExecutor()
                                .build())
                .limit(Integer.parseInt(args[2]))
                .toArray(ManagedChannel[]::new);
        AbusiveLoad load = new AbusiveLoad();
        for (ManagedChannel channel : channels) {
            RateLimitServiceStub stub = RateLimitServiceGrpc.newStub(channel).withCallCredentials(token);
            for (int i = 0; i < CALLS_IN_FLIGHT; i++) {
                load.call(stub);
            }
        }
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        for (int i = 0; System.nanoTime() < end; i++) {
            load.openStream(
                    PresenceServiceGrpc.newStub(channels[i % channels.length]).withCallCredentials(token));
            Thread.sleep(1);
        }
        load.ended = true;
        System.out.printf(
                "%d %d %d %d %d%n",
                load.accepted.sum() / seconds,
                load.rejected.sum() / seconds,
                load.failed.sum() / seconds,
                load.opened.sum(),
                load.rejectedStreams.sum());
        System.exit(0);
    }

    private void call(RateLimitServiceStub stub) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId("abuse-" + numbers.getAndIncrement() % USERS)
                .setAction("bench")
                .build();
        stub.checkRate(request, new StreamObserver<>() {
            @Override
            public void onNext(CheckRateResponse response) {
                accepted.increment();
            }

            @Override
            public void onError(Throwable failure) {
                (isRejected(failure) ? rejected : failed).increment();
                repeat();
            }

            @Override
            public void onCompleted() {
                repeat();
            }

            private void repeat() {
                if (!ended) {
                    call(stub);
                }
            }
        });
    }

    private void openStream(PresenceServiceGrpc.PresenceServiceStub stub) {
        StreamObserver<WatchPresenceRequest> requests = stub.watchPresence(new StreamObserver<>() {

            private boolean first = true;

            @Override
            public void onNext(WatchPresenceResponse response) {
                if (first) {
                    first = false;
                    opened.increment();
                }
            }

            @Override
            public void onError(Throwable failure) {
                (isRejected(failure) ? rejectedStreams : failed).increment();
            }

            @Override
            public void onCompleted() {}
        });
        long first = numbers.getAndAdd(WATCHED_IDS);
        requests.onNext(WatchPresenceRequest.newBuilder()
                .addAllAddUserIds(IntStream.range(0, WATCHED_IDS)
                        .mapToObj(i -> "watched-" + (first + i))
                        .toList())
                .build());
    }

    private static boolean isRejected(Throwable failure) {
        return Status.fromThrowable(failure).getCode() == Status.Code.RESOURCE_EXHAUSTED;
    }
}
