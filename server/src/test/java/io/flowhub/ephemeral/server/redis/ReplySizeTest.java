package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A script that returns another number of values than its header declares is a defect, and no call gets a wrong value. */
@Tag("contract")
class ReplySizeTest {

    private static RedisClient redis;

    @BeforeAll
    static void connect() throws Exception {
        redis = RedisClient.open(
                TestServer.configuration("redis.url: " + TestRedis.url())
                        .settings()
                        .redis(),
                Ticker.systemTicker());
        redis.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void close() {
        redis.close();
    }

    @Test
    void replyShorterThanDeclaredFailsTheCall() {
        assertThatThrownBy(() -> call("redis/short_reply", List.of("any"), List.of(), reply -> reply.number(0))
                        .get(5, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("redis/short_reply: 1 values for 1 calls (expected: 2 each)");
    }

    @Test
    void valueBeyondTheDeclaredOnesCannotBeRead() throws Exception {
        List<String> keys = List.of("one", "other");
        assertThat(call("redis/pair", keys, List.of("7"), reply -> reply.text(1))
                        .get(5, TimeUnit.SECONDS))
                .isEqualTo("one+other");
        assertThatThrownBy(() -> call("redis/pair", keys, List.of("7"), reply -> reply.number(2))
                        .get(5, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static <T> CompletableFuture<T> call(
            String script, List<String> keys, List<String> args, Function<Reply, T> decoder) {
        return redis.call(new Operation<>(Script.load(script), keys, args, decoder));
    }
}
