package io.flowhub.ephemeral.server.broadcast;

import com.google.protobuf.ByteString;
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

/** The RPCs of broadcast: checks requests and builds responses. */
final class BroadcastService extends BroadcastServiceGrpc.BroadcastServiceImplBase {

    private static final int MAX_PAYLOAD_BYTES = 65_536;

    private final BroadcastBroker broker;
    private final BroadcastHub hub;
    private final StreamCalls streamCalls;
    private final BroadcastMetrics metrics;

    BroadcastService(BroadcastBroker broker, BroadcastHub hub, StreamCalls streamCalls, BroadcastMetrics metrics) {
        this.broker = broker;
        this.hub = hub;
        this.streamCalls = streamCalls;
        this.metrics = metrics;
    }

    @Override
    public void publish(PublishRequest request, StreamObserver<PublishResponse> observer) {
        UnaryCalls.respond(observer, () -> broker.publish(message(request)), servers -> {
            metrics.onPublished();
            return PublishResponse.newBuilder().setServers(servers).build();
        });
    }

    private static Envelope.Message message(PublishRequest request) {
        String roomId = IdValidator.check("room_id", request.getRoomId());
        String senderId = IdValidator.check("sender_id", request.getSenderId());
        ByteString payload = request.getPayload();
        if (payload.size() > MAX_PAYLOAD_BYTES) {
            throw new InvalidFieldException(
                    "payload", payload.size() + " bytes", "up to " + MAX_PAYLOAD_BYTES + " bytes");
        }
        return new Envelope.Message(roomId, senderId, payload);
    }

    @Override
    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
        return streamCalls.open(observer, outbound -> hub.open(broker::flush, outbound));
    }
}
