package io.flowhub.ephemeral.client;

import com.google.protobuf.ByteString;
import java.util.Set;

/** Receives the messages of the subscribed rooms. */
public interface SubscriptionListener extends WatchListener {

    /** A message. Messages that reached a server one after the other arrive in that order. */
    void message(String roomId, String senderId, ByteString payload);

    /** Messages were lost at this point, because this listener was too slow or a connection broke. */
    default void gap(MessageGap gap) {}

    /** Messages of these rooms arrive from here on. Called after they were added and after each reconnect. */
    default void subscribed(Set<String> roomIds) {}
}
