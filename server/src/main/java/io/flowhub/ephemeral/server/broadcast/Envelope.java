package io.flowhub.ephemeral.server.broadcast;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flowhub.ephemeral.v1.PublishRequest;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What the servers publish to each other through the channel. Encoded as a {@link PublishRequest} in Base64, because the
 * arguments of scripts are text. A probe has no room, and its name is in place of the sender; an answer has a payload too.
 */
sealed interface Envelope {

    /** A message to the subscribers of a room. */
    record Message(String roomId, String senderId, ByteString payload) implements Envelope {

        @Override
        public String encode() {
            return Envelope.encode(PublishRequest.newBuilder()
                    .setRoomId(roomId)
                    .setSenderId(senderId)
                    .setPayload(payload)
                    .build());
        }
    }

    /** A test message: its server waits for it to arrive. See {@link PubSubProbe}. */
    record Probe(String name) implements Envelope {

        @Override
        public String encode() {
            return Envelope.encode(PublishRequest.newBuilder().setSenderId(name).build());
        }
    }

    /**
     * The answer of another server to a {@link PubSubProbe}.
     *
     * @param probe the name of the probe
     * @param lastNumber of the envelopes that the answering server had published when the probe arrived
     */
    record Answer(String probe, long lastNumber) implements Envelope {

        @Override
        public String encode() {
            return Envelope.encode(PublishRequest.newBuilder()
                    .setSenderId(probe)
                    .setPayload(ByteString.copyFromUtf8(Long.toString(lastNumber)))
                    .build());
        }
    }

    String encode();

    private static String encode(PublishRequest content) {
        return Base64.getEncoder().encodeToString(content.toByteArray());
    }

    /** Returns null for a text in another format. */
    static @Nullable Envelope decode(String text) {
        try {
            PublishRequest content =
                    PublishRequest.parseFrom(Base64.getDecoder().decode(text));
            ByteString payload = content.getPayload();
            if (!content.getRoomId().isEmpty()) {
                return new Message(content.getRoomId(), content.getSenderId(), payload);
            }
            return payload.isEmpty()
                    ? new Probe(content.getSenderId())
                    : new Answer(content.getSenderId(), Long.parseLong(payload.toStringUtf8()));
        } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
            return null;
        }
    }
}
