package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;

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

    static Operation<Answer> operation(String key, String text) {
        return new Operation<>(
                SCRIPT,
                List.of(key),
                List.of("1", text),
                reply -> new Answer(reply.number(0), reply.number(1), reply.text(2)));
    }

    private Probe() {}
}
