package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Calls of a script that counts and tells what reached it. */
final class Probe {

    static final Script SCRIPT = Script.load("redis/probe");

    /**
     * What one call got back.
     *
     * @param together how many calls were in its script call
     * @param text the key, {@code =} and the text of the call
     */
    record Answer(long count, long together, String text) {}

    static CompletableFuture<Answer> add(RedisClient redis, String key, String text) {
        return redis.call(operation(key, text), () -> false);
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
