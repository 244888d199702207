package io.flowhub.ephemeral.server.typing;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.redis.CountedChannel;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.grpc.Context;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The typing indicators in Redis: one key per user and room, and one index per room. */
final class TypingStore {

    /** The scripts publish to it the id of each room in which a user starts or stops typing. */
    private static final String CHANNEL = "ephemeral:typing";

    /** How long an indicator exists without another call. */
    static final Duration TTL = Duration.ofSeconds(3);

    private static final String TTL_MILLIS = Long.toString(TTL.toMillis());
    private static final List<String> EXTEND_ARGS = List.of(TTL_MILLIS);
    private static final CompletableFuture<TypingUpdate> EXTENDED =
            CompletableFuture.completedFuture(TypingUpdate.EXTENDED);

    private static final Script EXTEND = Script.load("typing/extend");
    private static final Script START = Script.load("typing/start");
    private static final Script INDEX_ADD = Script.load("typing/index_add");
    private static final Script STOP = Script.load("typing/stop");

    private final RedisClient redis;
    private final CountedChannel announcements;
    private final MemoryPressure pressure;
    private final RoomTypingReader reader;
    private final RecentIndexWrites recent;

    TypingStore(RedisClient redis, MemoryPressure pressure, Ticker ticker) {
        this.redis = redis;
        this.announcements = redis.countedChannel(CHANNEL);
        this.pressure = pressure;
        this.reader = new RoomTypingReader(redis);
        this.recent = new RecentIndexWrites(ticker);
    }

    /** Sets or extends the indicator. */
    CompletableFuture<TypingUpdate> start(String roomId, String userId) {
        String key = TypingKeys.user(roomId, userId);
        Context caller = Context.current();
        if (!recent.has(key) && !pressure.refuses(StateClass.PRESENCE_AND_TYPING)) {
            return startAndIndex(roomId, userId, caller);
        }
        return redis.call(new Operation<>(EXTEND, List.of(key), EXTEND_ARGS, reply -> reply.number(0) == 1))
                .thenCompose(extended -> extended ? EXTENDED : startAndIndex(roomId, userId, caller));
    }

    /**
     * On a Cluster the index is written first. If this process ends between the two writes, the index has an entry without
     * an indicator, which is harmless; an indicator without an index entry would not be listed.
     */
    private CompletableFuture<TypingUpdate> startAndIndex(String roomId, String userId, Context caller) {
        return pressure.admit(StateClass.PRESENCE_AND_TYPING, () -> store(roomId, userId, caller));
    }

    private CompletableFuture<TypingUpdate> store(String roomId, String userId, Context caller) {
        String key = TypingKeys.user(roomId, userId);
        String index = TypingKeys.index(roomId);
        List<String> args = List.of(TTL_MILLIS, roomId, userId, announcements.prefix());
        CompletableFuture<Boolean> started = redis.sameSlot(key, index)
                ? announce(START, List.of(key, index), args, caller)
                : redis.call(
                                new Operation<>(
                                        INDEX_ADD, List.of(index), List.of(userId), reply -> reply.number(0) == 1),
                                caller)
                        .thenCompose(indexed -> announce(START, List.of(key, Operation.noKey(key)), args, caller));
        return started.thenApply(announced -> {
            recent.add(key);
            return announced ? TypingUpdate.STARTED : TypingUpdate.EXTENDED;
        });
    }

    /**
     * Removes the indicator.
     *
     * <p>On a Cluster the index entry stays for a minute at most: its removal would be a second step, and the user may
     * have started again before it.
     */
    CompletableFuture<TypingUpdate> stop(String roomId, String userId) {
        String key = TypingKeys.user(roomId, userId);
        String index = TypingKeys.index(roomId);
        recent.remove(key);
        List<String> keys = List.of(key, redis.sameSlot(key, index) ? index : Operation.noKey(key));
        return announce(STOP, keys, List.of(roomId, userId, announcements.prefix()), Context.current())
                .thenApply(announced -> announced ? TypingUpdate.STOPPED : TypingUpdate.NOT_TYPING);
    }

    /** The rooms in which users started or stopped typing. To be subscribed to once. */
    CountedChannel announcements() {
        return announcements;
    }

    CompletableFuture<RoomTyping> list(String roomId) {
        return reader.read(roomId);
    }

    /** Completes with whether the script announced a change. */
    private CompletableFuture<Boolean> announce(Script script, List<String> keys, List<String> args, Context caller) {
        return redis.call(
                new Operation<>(script, keys, args, reply -> {
                    boolean announced = reply.number(0) == 1;
                    if (announced) {
                        announcements.onPublished();
                    }
                    return announced;
                }),
                caller);
    }
}
