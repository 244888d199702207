package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
        var stub = BroadcastServiceGrpc.newFutureStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
        Semaphore inFlight = new Semaphore(maxInFlight);
        List<ListenableFuture<PublishResponse>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            inFlight.acquireUninterruptibly();
            ListenableFuture<PublishResponse> call = stub.publish(message.apply(i));
            call.addListener(inFlight::release, Runnable::run);
            calls.add(call);
        }
        assertThat(calls).allSatisfy(call -> assertThat(call.get()).isNotNull());
    }
}
