package io.flowhub.ephemeral.fake;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The open streams of one service, and the ids that each watches. Events are sent under the lock of the fake. */
final class WatchStreams<R> {

    private final Map<StreamObserver<R>, Set<String>> watched = new ConcurrentHashMap<>();

    void open(StreamObserver<R> stream) {
        // Without a handler, a send to a cancelled stream throws.
        ((ServerCallStreamObserver<R>) stream).setOnCancelHandler(() -> close(stream));
        watched.put(stream, new HashSet<>());
    }

    void close(StreamObserver<R> stream) {
        watched.remove(stream);
    }

    void add(StreamObserver<R> stream, Collection<String> ids) {
        watched.getOrDefault(stream, new HashSet<>()).addAll(ids);
    }

    void remove(StreamObserver<R> stream, Collection<String> ids) {
        ids.forEach(watched.getOrDefault(stream, new HashSet<>())::remove);
    }

    void send(String id, R event) {
        send(id, event, stream -> true);
    }

    void send(String id, R event, Predicate<StreamObserver<R>> receives) {
        watched.forEach((stream, ids) -> {
            if (ids.contains(id) && receives.test(stream)) {
                stream.onNext(event);
            }
        });
    }

    void sendToAll(R event) {
        watched.keySet().forEach(stream -> stream.onNext(event));
    }
}
