package io.flowhub.ephemeral.server.faults;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A sender that numbers its messages and sends each one after the outcome of the one before, to any server. */
final class Publisher {

    private static final int KEPT = 5_000;

    private final String room;
    private final String sender;

    /** When each message that was published for sure was sent. */
    private final NavigableMap<Long, Long> published = new TreeMap<>();

    private long last;

    Publisher(String room, String sender) {
        this.room = room;
        this.sender = sender;
    }

    void publish(Client client) {
        long number = next();
        long sentAt = System.nanoTime();
        var request = PublishRequest.newBuilder()
                .setRoomId(room)
                .setSenderId(sender)
                .setPayload(ByteString.copyFromUtf8(Long.toString(number)));
        try {
            var unused = client.call(client.random(2), BroadcastServiceGrpc.getPublishMethod(), request.build());
            published(number, sentAt);
        } catch (StatusRuntimeException e) {
            client.pause(50); // it may have been published, or still be
        }
    }

    private synchronized long next() {
        return ++last;
    }

    /** The outcome of this message is known. */
    synchronized void published(long number, long sentAt) {
        published.put(number, sentAt);
        if (published.size() > KEPT) {
            published.pollFirstEntry();
        }
    }

    /** The numbers in this range, without both ends, that were published for sure, and not before this time. */
    synchronized List<Long> between(long after, long before, long notBefore) {
        return published.subMap(after, false, before, false).entrySet().stream()
                .filter(message -> message.getValue() >= notBefore)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether it is known that this one was published. */
    synchronized boolean isPublished(long number) {
        return published.containsKey(number);
    }
}
