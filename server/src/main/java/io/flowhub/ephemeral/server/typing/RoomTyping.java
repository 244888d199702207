package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.redis.Reply;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The typing users of a room.
 *
 * @param userIds sorted ascending
 * @param firstExpiry the time until the first of their indicators expires unless it is extended; null if there is none
 */
record RoomTyping(List<String> userIds, @Nullable Duration firstExpiry) {

    RoomTyping {
        userIds = userIds.stream().sorted().toList();
    }

    /** Decodes the reply of {@code list.lua}. */
    static RoomTyping of(Reply reply) {
        int count = (int) reply.number(0);
        long firstExpiryMillis = reply.number(1);
        return new RoomTyping(
                IntStream.range(2, 2 + count).mapToObj(reply::text).toList(),
                count == 0 ? null : Duration.ofMillis(firstExpiryMillis));
    }
}
