package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.redis.Reply;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Who types in a room.
 *
 * @param userIds in the order of the alphabet
 * @param firstEndMillis how long it takes until the first of them ends if nobody says anything; negative if nobody types
 */
record TypingList(List<String> userIds, long firstEndMillis) {

    TypingList {
        userIds = userIds.stream().sorted().toList();
    }

    static TypingList of(Reply reply) {
        int count = (int) reply.number(0);
        return new TypingList(
                IntStream.range(2, 2 + count).mapToObj(reply::text).toList(), reply.number(1));
    }
}
