package io.flowhub.ephemeral.client;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Messages that a {@link Subscription} did not deliver.
 *
 * @param roomId the room; empty if messages of any room may be lost
 * @param lost the number of messages; empty if it is unknown
 */
public record MessageGap(Optional<String> roomId, OptionalLong lost) {

    /** An unknown number of messages of any room. */
    public static final MessageGap OF_ANY_ROOM = new MessageGap(Optional.empty(), OptionalLong.empty());

    /** Such as {@code kitchen: 7 messages lost}, to log. */
    @Override
    public String toString() {
        String number = lost.isPresent() ? Long.toString(lost.getAsLong()) : "unknown number of";
        return roomId.orElse("any room") + ": " + number + " messages lost";
    }
}
