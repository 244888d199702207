package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Calls of a script that counts and returns what reached it. */
final class Probe {

    static final Script SCRIPT = Script.load("redis/probe");

    /**
     * The reply to one call.
     *
     * @param together number of calls in its batch
     * @param text the key, {@code =} and the text of the call
     */
    record Answer(long count, long together, String text) {}

    static CompletableFuture<Answer> add(RedisClient redis, String key, String text) {
        return redis.callUncancellable(operation(key, text));
    }

    /** One call for each of this many users: user0, user1, ... */
    static List<CompletableFuture<Answer>> addMany(RedisClient redis, int users) {
        return IntStream.range(0, users)
                .mapToObj(i -> add(redis, "user" + i, "text"))
                .toList();
    }

    static Operation<Answer> operation(String key, String text) {
        return new Operation<>(
                SCRIPT,
                List.of(key),
                List.of("1", text),
                reply -> new Answer(reply.number(0), reply.number(1), reply.text(2)));
    }

    private Probe() {}
}
