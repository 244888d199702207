package io.flowhub.ephemeral.fake;

import com.google.protobuf.Message;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** What all services share: the time, whether they are available, and one lock around all that they do. */
final class FakeState {

    final TestClock clock = new TestClock();
    private boolean isUnavailable;

    synchronized boolean isUnavailable() {
        return isUnavailable;
    }

    synchronized void run(Runnable change) {
        change.run();
    }

    synchronized <T> T read(Supplier<T> value) {
        return value.get();
    }

    synchronized void setUnavailable(boolean unavailable) {
        isUnavailable = unavailable;
    }

    /** Answers a unary call, or rejects it as the server does. */
    synchronized <R> void answer(Message request, StreamObserver<R> observer, Supplier<R> response) {
        R sent;
        try {
            FieldRules.check(request);
            if (isUnavailable) {
                throw FakeErrors.unavailable();
            }
            sent = response.get();
        } catch (StatusRuntimeException e) {
            observer.onError(e);
            return;
        }
        observer.onNext(sent);
        observer.onCompleted();
    }

    /** Receives a request of a stream, and ends the stream if it is invalid. */
    synchronized void receive(Message request, StreamObserver<?> observer, Runnable change) {
        try {
            FieldRules.check(request);
        } catch (StatusRuntimeException e) {
            observer.onError(e);
            return;
        }
        change.run();
    }
}
