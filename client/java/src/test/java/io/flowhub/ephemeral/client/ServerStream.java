package io.flowhub.ephemeral.client;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The server's end of an open stream: what it heard, and what the test lets it say. */
final class ServerStream<Q, R> implements StreamObserver<Q> {

    final Queue<Q> heard = new ConcurrentLinkedQueue<>();
    volatile boolean hasEnded;

    private final BlockingQueue<Q> unread = new LinkedBlockingQueue<>();
    private final ServerCallStreamObserver<R> call;
    private final Function<Q, @Nullable R> answer;

    ServerStream(StreamObserver<R> observer, Function<Q, @Nullable R> answer) {
        this.call = (ServerCallStreamObserver<R>) observer;
        this.answer = answer;
        call.setOnCancelHandler(() -> hasEnded = true);
    }

    /** What comes next. */
    Q await() throws InterruptedException {
        return next(unread, "message");
    }

    List<Q> await(int count) throws InterruptedException {
        List<Q> messages = new ArrayList<>();
        while (messages.size() < count) {
            messages.add(await());
        }
        return messages;
    }

    boolean isQuiet() {
        return unread.isEmpty();
    }

    boolean isReady() {
        return call.isReady();
    }

    synchronized void say(R message) {
        call.onNext(message);
    }

    synchronized void fail(StatusRuntimeException failure) {
        hasEnded = true;
        call.onError(failure);
    }

    static <T> T next(BlockingQueue<T> queue, String what) throws InterruptedException {
        T next = queue.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("No " + what + " within 20 s");
        }
        return next;
    }

    @Override
    public void onNext(Q message) {
        R immediate = answer.apply(message);
        if (immediate != null && !hasEnded) {
            say(immediate);
        }
        heard.add(message);
        unread.add(message);
    }

    @Override
    public void onError(Throwable failure) {
        hasEnded = true;
    }

    @Override
    public void onCompleted() {
        hasEnded = true;
    }
}
