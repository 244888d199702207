package io.flowhub.ephemeral.client;

import com.google.protobuf.ByteString;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Hears the messages to some rooms. */
public interface SubscriptionListener extends WatchListener {

    /** A message. Those that reached a server one after the other come in that order. */
    void message(String roomId, String senderId, ByteString payload);

    /**
     * Messages were lost between the one before and the one after: this listener was too slow, or a connection was
     * interrupted.
     *
     * @param roomId which room's; empty if they may be of any
     * @param lost how many; empty if nobody knows
     */
    default void gap(Optional<String> roomId, OptionalLong lost) {}

    /** The rooms are listened to from here on: after they were added, and again after each loss of the connection. */
    default void subscribed(Set<String> roomIds) {}
}
