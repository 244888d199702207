package io.flowhub.ephemeral.client;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetOfflineResponse;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Takes every heartbeat, and lets the test answer the rest. */
final class FakePresence extends PresenceServiceGrpc.PresenceServiceImplBase {

    final ServerStreams<StreamHeartbeatsRequest, StreamHeartbeatsResponse> heartbeats =
            new ServerStreams<>(frame -> taken(frame).build());
    final ServerStreams<WatchPresenceRequest, WatchPresenceResponse> watches = new ServerStreams<>(change -> null);

    /** Who was made offline; the answer is in the hands of the test. */
    final BlockingQueue<Departure> departures = new LinkedBlockingQueue<>();

    /** What the answers to frames say. */
    volatile java.time.Duration nextIn = java.time.Duration.ofMillis(3_333);

    volatile java.time.Duration expiresIn = java.time.Duration.ofSeconds(10);

    record Departure(SetOfflineRequest request, Runnable answer) {}

    StreamHeartbeatsResponse.Builder taken(StreamHeartbeatsRequest frame) {
        return StreamHeartbeatsResponse.newBuilder()
                .setSequence(frame.getSequence())
                .setNextIn(duration(nextIn))
                .setExpiresIn(duration(expiresIn));
    }

    /** The next that is made offline, answered. */
    SetOfflineRequest awaitDeparture() throws InterruptedException {
        Departure departure = ServerStream.next(departures, "SetOffline");
        departure.answer().run();
        return departure.request();
    }

    @Override
    public StreamObserver<StreamHeartbeatsRequest> streamHeartbeats(StreamObserver<StreamHeartbeatsResponse> observer) {
        return heartbeats.open(observer);
    }

    @Override
    public StreamObserver<WatchPresenceRequest> watchPresence(StreamObserver<WatchPresenceResponse> observer) {
        return watches.open(observer);
    }

    @Override
    public void setOffline(SetOfflineRequest request, StreamObserver<SetOfflineResponse> observer) {
        departures.add(new Departure(request, () -> {
            observer.onNext(SetOfflineResponse.newBuilder().setWentOffline(true).build());
            observer.onCompleted();
        }));
    }

    private static Duration duration(java.time.Duration duration) {
        return Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }
}
