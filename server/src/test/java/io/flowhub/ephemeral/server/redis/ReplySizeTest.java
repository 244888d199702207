package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A script that returns another number of values than its header declares is a defect, and no call gets a wrong value. */
@Tag("contract")
class ReplySizeTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    @AutoClose
    private static final TestRedisClient CLIENT = TestRedisClient.shared();

    @Test
    void replyShorterThanDeclaredFailsTheCall() {
        assertThat(call("redis/short_reply", List.of("any"), List.of(), reply -> reply.number(0)))
                .failsWithin(SOON)
                .withThrowableOfType(ExecutionException.class)
                .havingCause()
                .isInstanceOf(IllegalStateException.class)
                .withMessage("redis/short_reply: 1 values for 1 calls (expected: 2 each)");
    }

    @Test
    void valueBeyondTheDeclaredOnesCannotBeRead() {
        List<String> keys = List.of("one", "other");
        assertThat(call("redis/pair", keys, List.of("7"), reply -> reply.text(1)))
                .succeedsWithin(SOON)
                .isEqualTo("one+other");
        assertThat(call("redis/pair", keys, List.of("7"), reply -> reply.number(2)))
                .failsWithin(SOON)
                .withThrowableThat()
                .havingRootCause()
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static <T> CompletableFuture<T> call(
            String script, List<String> keys, List<String> args, Function<Reply, T> decoder) {
        return CLIENT.redis().call(new Operation<>(Script.load(script), keys, args, decoder));
    }
}
