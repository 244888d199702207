package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** The contract of broadcast: checks what comes in, writes what goes out. */
final class BroadcastService extends BroadcastServiceGrpc.BroadcastServiceImplBase {

    private static final int MAX_PAYLOAD_BYTES = 65_536;

    private final BroadcastBroker broadcast;
    private final StreamCalls streams;

    BroadcastService(BroadcastBroker broadcast, StreamCalls streams) {
        this.broadcast = broadcast;
        this.streams = streams;
    }

    @Override
    public void publish(PublishRequest request, StreamObserver<PublishResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> publish(request),
                servers -> PublishResponse.newBuilder().setServers(servers).build());
    }

    private CompletableFuture<Integer> publish(PublishRequest request) {
        IdValidator.check("room_id", request.getRoomId());
        IdValidator.check("sender_id", request.getSenderId());
        int bytes = request.getPayload().size();
        if (bytes > MAX_PAYLOAD_BYTES) {
            throw new InvalidFieldException("payload", bytes + " bytes", "up to " + MAX_PAYLOAD_BYTES + " bytes");
        }
        return broadcast.publish(request);
    }

    @Override
    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
        return streams.open(observer, broadcast::listen);
    }
}
