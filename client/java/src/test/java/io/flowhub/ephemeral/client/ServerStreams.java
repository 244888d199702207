package io.flowhub.ephemeral.client;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The streams of one method, in the order in which they were opened. */
final class ServerStreams<Q, R> {

    /** What is said at once to each message; null for nothing. */
    volatile Function<Q, @Nullable R> answer;

    private final BlockingQueue<ServerStream<Q, R>> opened = new LinkedBlockingQueue<>();

    ServerStreams(Function<Q, @Nullable R> answer) {
        this.answer = answer;
    }

    StreamObserver<Q> open(StreamObserver<R> observer) {
        ServerStream<Q, R> stream = new ServerStream<>(observer, message -> answer.apply(message));
        opened.add(stream);
        return stream;
    }

    /** The next one. */
    ServerStream<Q, R> await() throws InterruptedException {
        return ServerStream.next(opened, "stream");
    }
}
