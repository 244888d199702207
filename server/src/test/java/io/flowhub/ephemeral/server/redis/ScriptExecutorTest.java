package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Batching per script and master, with a sender and an event loop that the test controls. */
@Tag("unit")
class ScriptExecutorTest {

    private static final Script OTHER = Script.load("redis/pair");

    private final Queue<Runnable> loop = new ArrayDeque<>();
    private final List<CompletableFuture<Boolean>> sent = new ArrayList<>();
    private final List<String> batches = new ArrayList<>();
    private final List<Long> queuedMillis = new ArrayList<>();
    private long nowMillis;
    private boolean loopClosed;

    private final ScriptExecutor scripts = new ScriptExecutor(
            TestRedisClient.settings("redis.max_scripts_in_flight: 1", "redis.url: redis://127.0.0.1:1"),
            this::execute,
            () -> nowMillis * 1_000_000,
            key -> key.substring(0, 1),
            (script, calls, queued) -> {
                queuedMillis.add(queued.toMillis());
                batches.add(script + " "
                        + calls.stream()
                                .map(call -> call.operation().keys().get(0))
                                .toList());
                CompletableFuture<Boolean> reply = new CompletableFuture<>();
                sent.add(reply);
                return reply;
            });

    @Test
    void callsOfOneScriptAndMasterShareABatch() {
        send("a1", "b1", "a2");
        sendOther("a3", "a4");
        runLoop();

        assertThat(batches).containsExactly("redis/probe [a1, a2]", "redis/probe [b1]", "redis/pair [a3]");
    }

    /** Some managed Redis accept 3,999 arguments of a command. */
    @Test
    void scriptCallHasAtMost3500KeysAndArguments() {
        List<Integer> sizes = new ArrayList<>();
        ScriptExecutor large = new ScriptExecutor(
                TestRedisClient.settings("redis.max_calls_per_script: 1024", "redis.url: redis://127.0.0.1:1"),
                this::execute,
                () -> 0,
                key -> key,
                (script, calls, queued) -> {
                    sizes.add(calls.size());
                    return new CompletableFuture<>();
                });
        Script script = Script.load("otp/verify_otp");
        int keys = script.header().keys().min();
        int args = script.header().args().min();
        for (int i = 0; i < 1024; i++) {
            var unused = large.submit(
                    new Operation<>(
                            script, Collections.nCopies(keys, "k"), Collections.nCopies(args, "a"), reply -> true),
                    () -> false);
        }
        runLoop();

        assertThat(sizes).isNotEmpty().allMatch(size -> size * (keys + args) <= 3_500);
        assertThat(sizes.get(0)).isGreaterThan(100);
    }

    @Test
    void busyMasterDoesNotDelayCallsToAnother() {
        send("a1");
        runLoop();
        send("a2");
        send("b1");
        runLoop();
        assertThat(batches).containsExactly("redis/probe [a1]", "redis/probe [b1]");

        sent.get(0).complete(true);
        runLoop();
        assertThat(batches).endsWith("redis/probe [a2]");
    }

    @Test
    void unavailableMasterFailsOnlyTheCallsQueuedBehindIt() {
        send("a1");
        send("b1");
        runLoop();
        CompletableFuture<Boolean> queuedForA = submit("a2");
        CompletableFuture<Boolean> queuedForB = submit("b2");
        sent.get(0).complete(false);
        sent.get(1).complete(true);
        runLoop();

        assertThat(queuedForA).isCompletedExceptionally();
        assertThatThrownBy(queuedForA::join).hasCauseInstanceOf(RedisUnavailableException.class);
        assertThat(queuedForB).isNotDone();
        assertThat(batches).endsWith("redis/probe [b2]");
    }

    @Test
    void slowMasterFailsNoQueuedCallWhileItRepliesToOtherScripts() {
        send("a1");
        sendOther("a2", "a3");
        runLoop();
        CompletableFuture<Boolean> queued = submit("a4");
        nowMillis += 300;
        sent.get(1).complete(true);
        runLoop();
        nowMillis += 50;
        sent.get(0).complete(false);
        runLoop();

        assertThat(queued).isNotDone();
        assertThat(batches).endsWith("redis/probe [a4]");
    }

    @Test
    void callQueuedForTooLongIsRejectedWithoutEffect() {
        send("a1");
        runLoop();
        CompletableFuture<Boolean> queued = submit("a2");
        nowMillis += 1_001;
        sent.get(0).complete(true);
        runLoop();

        assertThat(queued).isCompletedExceptionally();
        assertThatThrownBy(queued::join).hasCauseInstanceOf(OverloadedException.class);
        send("a3");
        runLoop();
        assertThat(batches).containsExactly("redis/probe [a1]", "redis/probe [a3]");
    }

    /** In a queue that is never empty, too. */
    @Test
    void queueDelayIsThatOfTheQueuedCalls() {
        send("a1");
        runLoop();
        send("a2");
        for (int i = 0; i < 10; i++) {
            nowMillis += 100;
            loop.add(() -> send("a3")); // after the batch is taken
            sent.get(i).complete(true);
            runLoop();
        }

        assertThat(queuedMillis).hasSize(11).allMatch(millis -> millis <= 200);
    }

    @Test
    void closeFailsCallsInFlightQueuedAndSubmittedLater() {
        CompletableFuture<Boolean> inFlight = submit("a1");
        runLoop();
        CompletableFuture<Boolean> queued = submit("a2");
        scripts.close();
        runLoop();

        assertShutDown(inFlight);
        assertShutDown(queued);
        assertShutDown(submit("a3"));
        loopClosed = true;
        assertShutDown(submit("b1"));
        scripts.close();
    }

    private void send(String... keys) {
        for (String key : keys) {
            var unused = submit(key);
        }
    }

    private void sendOther(String... keys) {
        var unused = scripts.submit(new Operation<>(OTHER, List.of(keys), List.of("text"), reply -> true), () -> false);
    }

    private CompletableFuture<Boolean> submit(String key) {
        return scripts.submit(
                new Operation<>(Probe.SCRIPT, List.of(key), List.of("1", "text"), reply -> true), () -> false);
    }

    private void execute(Runnable task) {
        if (loopClosed) {
            throw new RejectedExecutionException();
        }
        loop.add(task);
    }

    private void runLoop() {
        while (!loop.isEmpty()) {
            loop.remove().run();
        }
    }

    private static void assertShutDown(CompletableFuture<?> call) {
        assertThat(call).isCompletedExceptionally();
        assertThatThrownBy(call::join)
                .cause()
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessage("shutting down");
    }
}
