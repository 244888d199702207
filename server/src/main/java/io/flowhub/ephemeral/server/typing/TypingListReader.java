package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Reads who types in a room: of those whom the index of the room names, each whose own key says so. */
final class TypingListReader {

    private static final String MOST = "1000";

    /** On a Cluster: many lists may be read at once, and other calls need room too. */
    private static final int KEYS_AT_ONCE = 100;

    private static final Script LIST = Script.load("typing/list");
    private static final Script INDEX_MEMBERS = Script.load("typing/index_members");
    private static final Script TTL = Script.load("typing/ttl");
    private static final Script INDEX_REMOVE = Script.load("typing/index_remove");

    private final RedisClient redis;

    TypingListReader(RedisClient redis) {
        this.redis = redis;
    }

    /** {@code {typing:<room>}:users} */
    static String index(String roomId) {
        return TypingKeys.index(roomId);
    }

    CompletableFuture<TypingList> read(String roomId) {
        if (!redis.isCluster()) {
            List<String> args = List.of(TypingKeys.user(roomId, ""), MOST);
            return redis.call(new Operation<>(LIST, List.of(index(roomId)), args, TypingList::of));
        }
        return redis.call(
                        new Operation<>(INDEX_MEMBERS, List.of(index(roomId)), List.of(MOST), TypingListReader::noted))
                .thenCompose(noted -> left(roomId, noted).thenApply(left -> list(roomId, noted, left)));
    }

    private static List<String> noted(Reply reply) {
        return IntStream.rangeClosed(1, (int) reply.number(0))
                .mapToObj(reply::text)
                .toList();
    }

    /** How long each still types, in milliseconds; negative if he does not. */
    private CompletableFuture<List<Long>> left(String roomId, List<String> noted) {
        CompletableFuture<List<Long>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (int from = 0; from < noted.size(); from += KEYS_AT_ONCE) {
            List<String> part = noted.subList(from, Math.min(noted.size(), from + KEYS_AT_ONCE));
            all = all.thenCompose(known -> leftOfPart(roomId, part).thenApply(more -> {
                known.addAll(more);
                return known;
            }));
        }
        return all;
    }

    private CompletableFuture<List<Long>> leftOfPart(String roomId, List<String> part) {
        List<CompletableFuture<Long>> answers = part.stream()
                .map(userId -> List.of(TypingKeys.user(roomId, userId)))
                .map(key -> redis.call(new Operation<>(TTL, key, List.of(), reply -> reply.number(0))))
                .toList();
        return Futures.allAsList(answers);
    }

    private TypingList list(String roomId, List<String> noted, List<Long> left) {
        List<String> userIds = new ArrayList<>();
        List<String> ended = new ArrayList<>();
        long first = Long.MAX_VALUE;
        for (int i = 0; i < noted.size(); i++) {
            if (left.get(i) >= 0) { // with 0 ms left a key still lives
                userIds.add(noted.get(i));
                first = Math.min(first, left.get(i));
            } else {
                ended.add(noted.get(i));
            }
        }
        forget(roomId, ended);
        return new TypingList(userIds, userIds.isEmpty() ? -1 : first);
    }

    private void forget(String roomId, List<String> ended) {
        if (!ended.isEmpty()) {
            List<String> args = new ArrayList<>(List.of(Integer.toString(ended.size())));
            args.addAll(ended);
            Futures.ignore(redis.callUncancellable(
                    new Operation<>(INDEX_REMOVE, List.of(index(roomId)), args, reply -> true)));
        }
    }
}
