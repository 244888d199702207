package io.flowhub.ephemeral.server.faults;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A stream of one server, which is opened again whenever it ends. Its methods run one at a time. */
abstract class WatchedStream<Q, R> {

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final ManagedChannel server;
    private final MethodDescriptor<Q, R> rpc;
    private final ScheduledExecutorService scheduler;

    WatchedStream(ManagedChannel server, MethodDescriptor<Q, R> rpc, ScheduledExecutorService scheduler) {
        this.server = server;
        this.rpc = rpc;
        this.scheduler = scheduler;
    }

    abstract Q firstRequest();

    /** A new stream begins: what the last one sent does not count any more. */
    abstract void opened();

    abstract void received(R event);

    final synchronized void open() {
        opened();
        var call = ClientCalls.asyncBidiStreamingCall(server.newCall(rpc, CallOptions.DEFAULT), new Events());
        call.onNext(firstRequest());
    }

    private synchronized void deliver(R event) {
        received(event);
    }

    private synchronized void ended() {
        opened();
        server.resetConnectBackoff();
        if (!scheduler.isShutdown()) {
            var unused = scheduler.schedule(this::open, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private final class Events implements StreamObserver<R> {

        @Override
        public void onNext(R event) {
            deliver(event);
        }

        @Override
        public void onError(Throwable failure) {
            ended();
        }

        @Override
        public void onCompleted() {
            ended();
        }
    }
}
