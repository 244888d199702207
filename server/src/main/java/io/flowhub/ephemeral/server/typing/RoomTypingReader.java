package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Reads the typing users of a room: the users in the index of the room whose own keys exist. One script does both, except
 * on a Cluster, where the keys of the users are in other slots than the index.
 */
final class RoomTypingReader {

    private static final String MAX_USERS = "1000";

    /** On a Cluster: the keys of one room that are read at once, so that the queues have space for other calls. */
    private static final int CHUNK_SIZE = 100;

    private static final Script LIST = Script.load("typing/list");
    private static final Script INDEX_MEMBERS = Script.load("typing/index_members");
    private static final Script TTL = Script.load("typing/ttl");
    private static final Script INDEX_REMOVE = Script.load("typing/index_remove");

    private final RedisClient redis;

    RoomTypingReader(RedisClient redis) {
        this.redis = redis;
    }

    CompletableFuture<RoomTyping> read(String roomId) {
        List<String> index = List.of(TypingKeys.index(roomId));
        if (!redis.isCluster()) {
            List<String> args = List.of(TypingKeys.user(roomId, ""), MAX_USERS);
            return redis.call(new Operation<>(LIST, index, args, RoomTyping::of));
        }
        return redis.call(new Operation<>(INDEX_MEMBERS, index, List.of(MAX_USERS), RoomTypingReader::members))
                .thenCompose(indexed -> ttlMillis(roomId, indexed).thenApply(ttls -> typing(roomId, indexed, ttls)));
    }

    private static List<String> members(Reply reply) {
        return IntStream.rangeClosed(1, (int) reply.number(0))
                .mapToObj(reply::text)
                .toList();
    }

    /** Reads the TTLs of the indicators in milliseconds, one chunk after the other; negative for an expired one. */
    private CompletableFuture<List<Long>> ttlMillis(String roomId, List<String> userIds) {
        CompletableFuture<List<Long>> ttls = CompletableFuture.completedFuture(new ArrayList<>());
        for (int from = 0; from < userIds.size(); from += CHUNK_SIZE) {
            List<String> chunk = userIds.subList(from, Math.min(userIds.size(), from + CHUNK_SIZE));
            ttls = ttls.thenCompose(earlier -> ttlMillisOfChunk(roomId, chunk).thenApply(next -> {
                earlier.addAll(next);
                return earlier;
            }));
        }
        return ttls;
    }

    private CompletableFuture<List<Long>> ttlMillisOfChunk(String roomId, List<String> userIds) {
        return Futures.allAsList(userIds.stream()
                .map(userId -> List.of(TypingKeys.user(roomId, userId)))
                .map(key -> redis.call(new Operation<>(TTL, key, List.of(), reply -> reply.number(0))))
                .toList());
    }

    private RoomTyping typing(String roomId, List<String> indexed, List<Long> ttls) {
        List<String> typing = new ArrayList<>();
        List<String> expired = new ArrayList<>();
        long first = Long.MAX_VALUE;
        for (int i = 0; i < indexed.size(); i++) {
            if (ttls.get(i) >= 0) { // with 0 ms left a key still exists
                typing.add(indexed.get(i));
                first = Math.min(first, ttls.get(i));
            } else {
                expired.add(indexed.get(i));
            }
        }
        removeFromIndex(roomId, expired);
        return new RoomTyping(typing, typing.isEmpty() ? null : Duration.ofMillis(first));
    }

    private void removeFromIndex(String roomId, List<String> expired) {
        if (expired.isEmpty()) {
            return;
        }
        List<String> args = new ArrayList<>(List.of(Integer.toString(expired.size())));
        args.addAll(expired);
        Futures.ignore(redis.callUncancellable(
                new Operation<>(INDEX_REMOVE, List.of(TypingKeys.index(roomId)), args, reply -> true)));
    }
}
