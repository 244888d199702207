package io.flowhub.ephemeral.server.typing;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.grpc.Context;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The rules of typing: what is asked of Redis, and in which order. */
final class TypingStore implements AutoCloseable {

    private static final Duration TTL = Duration.ofSeconds(3);
    private static final String TTL_MILLIS = Long.toString(TTL.toMillis());
    private static final List<String> REFRESH_ARGS = List.of(TTL_MILLIS);
    private static final CompletableFuture<Duration> WENT_ON = CompletableFuture.completedFuture(TTL);

    private static final Script REFRESH = Script.load("typing/refresh");
    private static final Script START = Script.load("typing/start");
    private static final Script INDEX_ADD = Script.load("typing/index_add");
    private static final Script STOP = Script.load("typing/stop");

    private final RedisClient redis;
    private final TypingListReader lists;
    private final RecentIndexWrites lately;
    private final TypingHub watched;

    TypingStore(RedisClient redis, Ticker ticker) {
        this.redis = redis;
        this.lists = new TypingListReader(redis);
        this.lately = new RecentIndexWrites(ticker);
        this.watched = new TypingHub(lists::read);
        redis.subscribe(TypingHub.CHANNEL, watched);
        redis.addAvailabilityListener(watched::setUp);
    }

    /** Returns for how long he types. */
    CompletableFuture<Duration> start(String roomId, String userId) {
        String key = TypingKeys.user(roomId, userId);
        Context caller = Context.current();
        if (!lately.has(key)) {
            return startAndNote(roomId, userId, caller);
        }
        return redis.call(new Operation<>(REFRESH, List.of(key), REFRESH_ARGS, reply -> reply.number(0) == 1))
                .thenCompose(wentOn -> wentOn ? WENT_ON : startAndNote(roomId, userId, caller));
    }

    /**
     * On a Cluster he is noted first: should this process end in between, nobody types who cannot be found, and who is
     * found does not type.
     */
    private CompletableFuture<Duration> startAndNote(String roomId, String userId, Context caller) {
        String key = TypingKeys.user(roomId, userId);
        String index = TypingListReader.index(roomId);
        List<String> args = List.of(TTL_MILLIS, roomId, userId);
        CompletableFuture<Long> started = redis.sameSlot(key, index)
                ? call(START, List.of(key, index), args, caller)
                : call(INDEX_ADD, List.of(index), List.of(userId), caller)
                        .thenCompose(noted -> call(START, List.of(key, Operation.noKey(key)), args, caller));
        return started.thenApply(done -> {
            lately.add(key);
            return TTL;
        });
    }

    /**
     * On a Cluster he stays noted, for a minute at most: to forget him would be a second step, and he might have begun
     * again before it.
     */
    CompletableFuture<Duration> stop(String roomId, String userId) {
        String key = TypingKeys.user(roomId, userId);
        String index = TypingListReader.index(roomId);
        lately.remove(key);
        return call(
                        STOP,
                        List.of(key, redis.sameSlot(key, index) ? index : Operation.noKey(key)),
                        List.of(roomId, userId),
                        Context.current())
                .thenApply(done -> Duration.ZERO);
    }

    CompletableFuture<TypingList> list(String roomId) {
        return lists.read(roomId);
    }

    StreamHandler<WatchTypingRequest, WatchTypingResponse> watch(StreamHandler.Outbound outbound) {
        return new TypingStream(watched, outbound);
    }

    /** Tells watchers nothing more. */
    @Override
    public void close() {
        watched.close();
    }

    private CompletableFuture<Long> call(Script script, List<String> keys, List<String> args, Context caller) {
        return redis.call(new Operation<>(script, keys, args, reply -> reply.number(0)), caller);
    }
}
