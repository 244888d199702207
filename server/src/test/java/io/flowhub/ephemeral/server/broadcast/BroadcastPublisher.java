package io.flowhub.ephemeral.server.broadcast;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;

/** Publishes messages through one server. */
record BroadcastPublisher(Channel channel) {

    static PublishRequest message(String room, String sender, ByteString payload) {
        return PublishRequest.newBuilder()
                .setRoomId(room)
                .setSenderId(sender)
                .setPayload(payload)
                .build();
    }

    /** Returns the number of servers that received it. */
    int publish(String room, String sender, ByteString payload) {
        return BroadcastServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .publish(message(room, sender, payload))
                .getServers();
    }

    int publish(String room, String sender, String payload) {
        return publish(room, sender, ByteString.copyFromUtf8(payload));
    }

    /** Publishes many messages with up to {@code maxInFlight} calls in flight. Returns when all calls are complete. */
    void pipeline(int count, int maxInFlight, IntFunction<PublishRequest> message) {
        var stub = BroadcastServiceGrpc.newStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
        Semaphore inFlight = new Semaphore(maxInFlight);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int i = 0; i < count; i++) {
            inFlight.acquireUninterruptibly();
            stub.publish(message.apply(i), new StreamObserver<>() {
                @Override
                public void onNext(PublishResponse response) {}

                @Override
                public void onError(Throwable thrown) {
                    failure.set(thrown);
                    inFlight.release();
                }

                @Override
                public void onCompleted() {
                    inFlight.release();
                }
            });
        }
        inFlight.acquireUninterruptibly(maxInFlight);
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }
}
