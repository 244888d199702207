package io.flowhub.ephemeral.server.broadcast;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flowhub.ephemeral.v1.PublishRequest;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What goes through the channel: a {@link PublishRequest} in Base64, for the door to Redis takes text. One without a room
 * is a probe, with its name where the sender stands.
 */
final class Envelope {

    static String of(PublishRequest message) {
        return seal(PublishRequest.newBuilder() // a caller may have sent fields that nobody knows and nobody measured
                .setRoomId(message.getRoomId())
                .setSenderId(message.getSenderId())
                .setPayload(message.getPayload())
                .build());
    }

    static String ofProbe(String probe) {
        return seal(PublishRequest.newBuilder().setSenderId(probe).build());
    }

    private static String seal(PublishRequest message) {
        return Base64.getEncoder().encodeToString(message.toByteArray());
    }

    /** Returns what is in it, or null if no server of ours wrote it. */
    static @Nullable PublishRequest open(String envelope) {
        try {
            return PublishRequest.parseFrom(Base64.getDecoder().decode(envelope));
        } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
            return null;
        }
    }

    /** The name of the probe, or null if it is a message. */
    static @Nullable String probe(PublishRequest message) {
        return message.getRoomId().isEmpty() ? message.getSenderId() : null;
    }

    private Envelope() {}
}
