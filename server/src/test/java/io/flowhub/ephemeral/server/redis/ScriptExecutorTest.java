package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.concurrent.EventLoopTurn;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Batching per script and master, with a sender and an event loop that the test controls. */
@Tag("unit")
class ScriptExecutorTest {

    private static final int MAX_BYTES = 10_000;
    private static final String LARGE = "x".repeat(4_000);

    private static final Script OTHER = Script.load("redis/pair");

    private final ManualLoop loop = new ManualLoop();
    private final List<CompletableFuture<Boolean>> sent = new ArrayList<>();
    private final List<String> batches = new ArrayList<>();
    private final List<Long> queuedMillis = new ArrayList<>();
    private long nowMillis;

    /** The master of a key, by its first letter, until it leaves. */
    private final Map<String, Object> masters = new HashMap<>();

    private final class Table implements ScriptExecutor.MasterTable {
        @Override
        public Object of(String key) {
            return masters.computeIfAbsent(key.substring(0, 1), letter -> new Object());
        }

        @Override
        public boolean contains(Object master) {
            return masters.containsValue(master);
        }
    }

    private final ScriptExecutor scripts = new ScriptExecutor(
            TestRedisClient.settings("redis.max_scripts_in_flight: 1", "redis.url: redis://127.0.0.1:1"),
            loop,
            () -> nowMillis * 1_000_000,
            new Table(),
            new QueueMemory(MAX_BYTES),
            (script, calls, queued, roundTrip) -> {
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
        assertThat(scripts.longestQueue()).isEqualTo(2);
        runLoop();

        assertThat(batches).containsExactly("redis/probe [a1, a2]", "redis/probe [b1]", "redis/pair [a3]");
        assertThat(scripts.longestQueue()).isZero();
    }

    /** Some managed Redis accept 3,999 arguments of a command. */
    @Test
    void scriptCallHasAtMost3500KeysAndArguments() {
        List<Integer> sizes = new ArrayList<>();
        ScriptExecutor large = new ScriptExecutor(
                TestRedisClient.settings("redis.max_calls_per_script: 1024", "redis.url: redis://127.0.0.1:1"),
                loop,
                () -> 0,
                key -> key,
                QueueMemory.ofHeap(),
                (script, calls, queued, roundTrip) -> {
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

    /** A burst leaves in one script call for each millisecond, and not in one for each call, with the rest waiting. */
    @Test
    void furtherScriptCallsToADistantMasterArePaced() {
        List<Integer> sizes = new ArrayList<>();
        ScriptExecutor distant = new ScriptExecutor(
                TestRedisClient.settings("redis.url: redis://127.0.0.1:1"),
                loop,
                () -> nowMillis * 1_000_000,
                key -> "master",
                QueueMemory.ofHeap(),
                (script, calls, queued, roundTrip) -> {
                    sizes.add(calls.size());
                    if (sizes.size() > 1) {
                        return new CompletableFuture<>();
                    }
                    RoundTrip.Call first = roundTrip.begin();
                    nowMillis += 20;
                    first.onReply();
                    return CompletableFuture.completedFuture(true);
                });
        submit(distant, 1);
        for (int i = 0; i < 4; i++) {
            submit(distant, 1);
        }
        assertThat(sizes).containsExactly(1, 1, 1); // the first is complete, and two are in flight without a pace

        nowMillis += 1;
        runLoop();
        assertThat(sizes).containsExactly(1, 1, 1, 2);
        submit(distant, 3);
        var unused = distant.submit(Probe.operation("key", "text"), () -> false);
        assertThat(loop.tasks).isEmpty(); // the pace sends it
        submit(distant, 3);
        assertThat(sizes).hasSize(4);
        nowMillis += 1;
        runLoop();
        assertThat(sizes).containsExactly(1, 1, 1, 2, 7);
        for (int i = 0; i < 50; i++) {
            nowMillis += 1;
            submit(distant, 1);
        }
        assertThat(sizes).hasSize(1 + 22); // two, and one for each millisecond of the round trip
    }

    private void submit(ScriptExecutor executor, int calls) {
        for (int i = 0; i < calls; i++) {
            var unused = executor.submit(Probe.operation("key", "text"), () -> false);
        }
        runLoop();
    }

    @Test
    void callThatTheEndOfABatchSendsDoesNotWakeTheEventLoop() {
        send("a1");
        runLoop();
        send("a2");
        runLoop();
        send("a3");
        assertThat(loop.tasks).isEmpty();
        sent.get(0).complete(true);
        runLoop();
        assertThat(batches).containsExactly("redis/probe [a1]", "redis/probe [a2, a3]");

        sent.get(1).complete(true);
        runLoop();
        send("a4");
        runLoop();
        assertThat(batches).endsWith("redis/probe [a4]");
    }

    @Test
    void callsOfOneTurnOfTheCallerWakeTheEventLoopOnceAtItsEnd() throws Exception {
        ManualLoop caller = new ManualLoop();
        onThreadOf(caller, () -> send("a1", "b1", "a2"));
        assertThat(loop.tasks).isEmpty();
        caller.run(nowMillis);
        assertThat(loop.tasks).hasSize(2);
        runLoop();
        assertThat(batches).containsExactly("redis/probe [a1, a2]", "redis/probe [b1]");

        sent.get(0).complete(true);
        runLoop();
        send("a3");
        assertThat(loop.tasks).as("another thread has no turn").hasSize(1);
        runLoop();
        assertThat(batches).endsWith("redis/probe [a3]");
    }

    @Test
    void manyCallsOfOneTurnDoNotWaitForItsEnd() throws Exception {
        ManualLoop caller = new ManualLoop();
        onThreadOf(caller, () -> {
            for (int i = 1; i < ScriptBatcher.MAX_UNSENT_OF_TURN; i++) {
                send("a");
            }
            assertThat(loop.tasks).isEmpty();
            send("a", "a");
            assertThat(loop.tasks).hasSize(1);
        });
        caller.run(nowMillis);
        assertThat(loop.tasks).hasSize(1);
    }

    private static void onThreadOf(ManualLoop caller, Runnable events) throws Exception {
        CompletableFuture.runAsync(
                        () -> {
                            EventLoopTurn.setLoop(caller);
                            events.run();
                        },
                        task -> new Thread(task).start())
                .get(10, TimeUnit.SECONDS);
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

    /** On all queues together: another script or master has no memory of its own. */
    @Test
    void largeCallsAreQueuedUpToABoundInBytesUntilTheyComplete() {
        List<CompletableFuture<Boolean>> queued = List.of(submit("a1", LARGE), submit("b1", LARGE));
        CompletableFuture<Boolean> rejected = submit("c1", LARGE);
        CompletableFuture<Boolean> small = submit("c2");
        runLoop();

        assertThat(rejected).isCompletedExceptionally();
        assertThatThrownBy(rejected::join).hasCauseInstanceOf(OverloadedException.class);
        assertThat(queued).noneMatch(CompletableFuture::isDone);
        assertThat(small).isNotDone();
        scripts.close();
        runLoop();
        assertThat(queued).allMatch(CompletableFuture::isCompletedExceptionally);
    }

    @Test
    void callThatCompletesMakesRoomForOthers() {
        for (int i = 0; i < 10; i++) {
            CompletableFuture<Boolean> call = submit("a" + i, LARGE);
            assertThat(call).isNotDone();
            call.complete(true);
        }
    }

    @Test
    void nothingIsKeptForAMasterThatLeft() {
        send("a1");
        runLoop();
        WeakReference<Object> left = new WeakReference<>(masters.remove("a"));
        send("b1");
        runLoop();
        sent.clear();

        Eventually.soon("the master that left is collected", () -> {
            System.gc();
            return left.get() == null;
        });
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
            loop.execute(() -> send("a3")); // after the batch is taken
            sent.get(i).complete(true);
            runLoop();
        }

        assertThat(queuedMillis).hasSize(11).allMatch(millis -> millis <= 200);
    }

    @Test
    void longQueueDelayIsReportedForAMoment() {
        send("a1");
        runLoop();
        send("a2", "b1");
        nowMillis += 600;
        sent.get(0).complete(true);
        runLoop();
        assertThat(scripts.queuedMillis()).isEqualTo(600);
        nowMillis += 251;
        assertThat(scripts.queuedMillis()).isZero();
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
        loop.closed = true;
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
        return submit(key, "text");
    }

    private CompletableFuture<Boolean> submit(String key, String text) {
        return scripts.submit(
                new Operation<>(Probe.SCRIPT, List.of(key), List.of("1", text), reply -> true), () -> false);
    }

    private void runLoop() {
        loop.run(nowMillis);
    }

    /** Runs tasks when the test says so. Tasks with a delay run when it has passed. */
    private static final class ManualLoop extends ScheduledThreadPoolExecutor {

        private final Queue<Runnable> tasks = new ArrayDeque<>();
        private final List<Delayed> delayed = new ArrayList<>();
        private long nowMillis;
        private boolean closed;

        private record Delayed(Runnable task, long dueMillis) {}

        ManualLoop() {
            super(0);
        }

        @Override
        public void execute(Runnable task) {
            if (closed) {
                throw new RejectedExecutionException();
            }
            tasks.add(task);
        }

        @Override
        public @Nullable ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            delayed.add(new Delayed(task, nowMillis + unit.toMillis(delay)));
            return null;
        }

        void run(long nowMillis) {
            this.nowMillis = nowMillis;
            delayed.removeIf(each -> each.dueMillis() <= nowMillis && tasks.add(each.task()));
            while (!tasks.isEmpty()) {
                tasks.remove().run();
            }
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
