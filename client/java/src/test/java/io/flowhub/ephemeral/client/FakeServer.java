package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.RefundRateResponse;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real gRPC server with a service that answers what the test wants: each call takes the next failure that was asked
 * for, and is answered well if none is left. Beside it a {@link FakeCache} and the services with streams.
 */
final class FakeServer extends RateLimitServiceGrpc.RateLimitServiceImplBase implements AutoCloseable {

    final AtomicInteger calls = new AtomicInteger();
    final FakeCache cache = new FakeCache();
    final FakePresence presence = new FakePresence();
    final FakeTyping typing = new FakeTyping();
    final FakeBroadcast broadcast = new FakeBroadcast();
    private final Queue<StatusRuntimeException> failures = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Duration> timeLeft = new LinkedBlockingQueue<>();
    private final BlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
    private volatile boolean holds;

    private final Queue<Channel> sockets = new ConcurrentLinkedQueue<>();
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Server server;
    private final int port;

    /** On a free port. */
    static FakeServer start() throws IOException {
        return start(0);
    }

    static FakeServer start(int port) throws IOException {
        return new FakeServer(port, InsecureServerCredentials.create());
    }

    static FakeServer start(ServerCredentials credentials) throws IOException {
        return new FakeServer(0, credentials);
    }

    private FakeServer(int port, ServerCredentials credentials) throws IOException {
        this.server = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), credentials)
                .channelFactory(() -> new Listening(sockets))
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .addService(this)
                .addService(cache)
                .addService(presence)
                .addService(typing)
                .addService(broadcast)
                .build()
                .start();
        this.port = server.getPort();
    }

    int port() {
        return port;
    }

    String target() {
        return "localhost:" + port();
    }

    /** With patience: a first call on a busy machine takes its time. */
    EphemeralClient client() {
        return client(target());
    }

    static EphemeralClient client(String target) {
        return EphemeralClient.builder(target)
                .plaintext()
                .deadline(Duration.ofSeconds(20))
                .build();
    }

    FakeServer failing(StatusRuntimeException failure, int times) {
        for (int i = 0; i < times; i++) {
            failures.add(failure);
        }
        return this;
    }

    /** From now on calls wait for the test to answer them: {@link #awaitHeld}. */
    FakeServer holding() {
        holds = true;
        return this;
    }

    /** The one of two holding servers that has a call. */
    static FakeServer awaitFirst(FakeServer one, FakeServer other) throws InterruptedException {
        long start = System.nanoTime();
        while (one.calls.get() + other.calls.get() == 0) {
            if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(10)) {
                throw new AssertionError("No call arrived within 10 s");
            }
            Thread.onSpinWait();
        }
        return one.calls.get() > 0 ? one : other;
    }

    /** Waits for a call to arrive; the answer to it is in the hands of the test. */
    Runnable awaitHeld() throws InterruptedException {
        return await(held);
    }

    /** What the next call had left of its deadline when it arrived. */
    Duration awaitTimeLeft() throws InterruptedException {
        return await(timeLeft);
    }

    private static <T> T await(BlockingQueue<T> queue) throws InterruptedException {
        T next = queue.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("No call arrived within 10 s");
        }
        return next;
    }

    private <T> void answer(StreamObserver<T> observer, T good) {
        calls.incrementAndGet();
        Deadline deadline = Context.current().getDeadline();
        if (deadline != null) {
            timeLeft.add(Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)));
        }
        StatusRuntimeException failure = failures.poll();
        Runnable answer = () -> {
            if (failure != null) {
                observer.onError(failure);
            } else {
                observer.onNext(good);
                observer.onCompleted();
            }
        };
        if (holds) {
            held.add(answer);
        } else {
            answer.run();
        }
    }

    @Override
    public void checkRate(CheckRateRequest request, StreamObserver<CheckRateResponse> observer) {
        answer(observer, CheckRateResponse.newBuilder().setAllowed(true).build());
    }

    @Override
    public void batchCheckRate(BatchCheckRateRequest request, StreamObserver<BatchCheckRateResponse> observer) {
        answer(observer, BatchCheckRateResponse.newBuilder().setAllowed(true).build());
    }

    @Override
    public void refundRate(RefundRateRequest request, StreamObserver<RefundRateResponse> observer) {
        answer(observer, RefundRateResponse.newBuilder().setRemaining(5).build());
    }

    @Override
    public void resetRate(ResetRateRequest request, StreamObserver<ResetRateResponse> observer) {
        answer(observer, ResetRateResponse.newBuilder().setRemaining(5).build());
    }

    /** Closes its sockets, as a killed process does: nothing says goodbye or cancels what is under way. */
    void die() {
        sockets.forEach(socket -> loop.execute(() -> socket.unsafe().close(socket.voidPromise())));
    }

    /** Ends at once, with the calls under way. */
    @Override
    public void close() {
        server.shutdownNow();
        try {
            boolean isDown = server.awaitTermination(10, TimeUnit.SECONDS);
            loop.shutdownGracefully(0, 10, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS);
            if (!isDown) {
                throw new AssertionError("The server did not end within 10 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Remembers itself and the connections that it accepts. */
    private static final class Listening extends NioServerSocketChannel {

        private final Queue<Channel> sockets;

        Listening(Queue<Channel> sockets) {
            this.sockets = sockets;
            sockets.add(this);
        }

        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            int count = super.doReadMessages(accepted);
            accepted.forEach(connection -> sockets.add((Channel) connection));
            return count;
        }
    }
}
