package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.redis.Reply;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The users of one part of the {@link ExpiryIndex} that a server has claimed because they are due for a check.
 *
 * @param claimedUntil when the claim expires, by the clock of Redis, in milliseconds since 1970
 * @param nextDueMillis milliseconds until the next check of another user of this part is due, or -1 if none is scheduled
 */
record DueUsers(List<DueUser> users, long claimedUntil, long nextDueMillis) {

    private static final int HEADER = 3;

    static DueUsers of(Reply reply) {
        List<DueUser> users = IntStream.range(0, (int) reply.number(0))
                .map(i -> HEADER + 2 * i)
                .mapToObj(i -> new DueUser(reply.text(i), reply.number(i + 1)))
                .toList();
        return new DueUsers(users, reply.number(1), reply.number(2));
    }
}
