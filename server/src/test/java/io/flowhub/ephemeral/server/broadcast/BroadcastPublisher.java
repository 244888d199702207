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

/** Sends messages to a server. */
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

    /** Sends many, so many of them before the first is answered; returns when all are. */
    void pipeline(int count, int maxUnanswered, IntFunction<PublishRequest> message) {
        var stub = BroadcastServiceGrpc.newStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
        Semaphore unanswered = new Semaphore(maxUnanswered);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int i = 0; i < count; i++) {
            unanswered.acquireUninterruptibly();
            stub.publish(message.apply(i), new StreamObserver<>() {
                @Override
                public void onNext(PublishResponse response) {}

                @Override
                public void onError(Throwable thrown) {
                    failure.set(thrown);
                    unanswered.release();
                }

                @Override
                public void onCompleted() {
                    unanswered.release();
                }
            });
        }
        unanswered.acquireUninterruptibly(maxUnanswered);
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }
}
