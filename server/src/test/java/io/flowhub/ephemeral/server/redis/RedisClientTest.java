package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.redis.Probe.Answer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A client of one Redis: batching, failures of single calls, cancellation and outages. */
@Tag("contract")
class RedisClientTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    /** Twice the default redis.timeout of 300 ms: no call takes longer. */
    private static final Duration LONGEST_ANSWER = Duration.ofMillis(600);

    private static final Script PAIR = Script.load("redis/pair");
    private static final Script COUNT_CALLS = Script.load("redis/count_calls");
    private static final Script BROKEN = Script.load("redis/broken");

    private RedisProcess process;

    @BeforeEach
    void start() throws IOException {
        process = RedisProcess.start();
    }

    @AfterEach
    void stop() throws Exception {
        process.thaw();
        process.close();
    }

    // Batches

    @Test
    void queuedCallsAreSentAsOneBatch() throws Exception {
        try (RedisHarness harness = open("redis.max_calls_per_script: 64")) {
            add(harness, "warm-up");
            long before = evalShaCalls();
            process.freeze();
            List<CompletableFuture<Answer>> calls = IntStream.range(0, 1000)
                    .mapToObj(i -> Probe.add(harness.redis(), "user" + i, "text"))
                    .toList();
            process.thaw();
            List<Answer> answers = all(calls);

            assertThat(evalShaCalls() - before).isBetween(1000L / 64, 20L);
            assertThat(answers).extracting(Answer::together).contains(64L).allMatch(together -> together <= 64);
        }
    }

    @Test
    void coalescedReadCompletesTheQueuedCallsOfItsKeyAndNoEarlierOne() throws Exception {
        try (RedisHarness harness = open("redis.max_scripts_in_flight: 1")) {
            process.freeze();
            CompletableFuture<Long> ahead = read(harness, "hot");
            AtomicBoolean sent = new AtomicBoolean();
            var unused = harness.redis()
                    .call(Probe.operation("user", "text"), () -> sent.getAndSet(true)); // is sent after it
            Eventually.within(SOON, "the operation is sent", sent::get);
            List<CompletableFuture<Long>> waiting = IntStream.range(0, 99)
                    .mapToObj(i -> read(harness, i % 3 == 0 ? "other" : "hot"))
                    .toList();
            process.thaw();

            assertThat(ahead.get(10, TimeUnit.SECONDS)).isEqualTo(1);
            for (int i = 0; i < 99; i++) {
                assertThat(waiting.get(i).get(10, TimeUnit.SECONDS)).isEqualTo(i % 3 == 0 ? 1 : 2);
            }
        }
    }

    private static CompletableFuture<Long> read(RedisHarness harness, String key) {
        return harness.redis()
                .callUncancellable(new Operation<>(COUNT_CALLS, List.of(key), List.of(), reply -> reply.number(0)));
    }

    @Test
    void idleClientSendsACallAtOnceAndAlone() throws Exception {
        try (RedisHarness harness = open()) {
            for (int i = 0; i < 20; i++) {
                assertThat(add(harness, "user").together()).isEqualTo(1);
            }
        }
    }

    @Test
    void eachCallReceivesItsOwnReply() throws Exception {
        int callers = 4;
        int each = 3000;
        try (RedisHarness harness = open("redis.max_queued_calls: " + callers * each, "redis.timeout: 500ms")) {
            List<CompletableFuture<Answer>> calls = new ArrayList<>();
            List<CompletableFuture<List<CompletableFuture<Answer>>>> threads = IntStream.range(0, callers)
                    .mapToObj(caller -> CompletableFuture.supplyAsync(() -> IntStream.range(0, each)
                            .mapToObj(i -> Probe.add(harness.redis(), "user" + i % 500, "call " + caller + " " + i))
                            .toList()))
                    .toList();
            for (var thread : threads) {
                calls.addAll(thread.get(10, TimeUnit.SECONDS));
            }
            List<Answer> answers = all(calls);

            for (int caller = 0; caller < callers; caller++) {
                for (int i = 0; i < each; i++) {
                    assertThat(answers.get(caller * each + i).text())
                            .isEqualTo("user" + i % 500 + "=call " + caller + " " + i);
                }
            }
            assertThat(answers.stream()
                            .map(answer -> answer.text().replaceAll("=.*", "") + " " + answer.count())
                            .distinct())
                    .as("each call counted once, and received its own count")
                    .hasSize(callers * each);
            assertThat(answers).anyMatch(answer -> answer.together() > 1);
        }
    }

    @Test
    void sharedAndOwnArgumentsReachTheScript() throws Exception {
        try (RedisHarness harness = open()) {
            process.freeze();
            List<CompletableFuture<Answer>> calls = new ArrayList<>();
            for (String text : List.of("first", "first", "same", "same", "same", "same")) {
                calls.add(Probe.add(harness.redis(), "user" + calls.size(), text));
            }
            for (int i = 0; i < 6; i++) {
                calls.add(Probe.add(harness.redis(), "user" + (6 + i), "own " + i));
            }
            process.thaw();

            assertThat(all(calls))
                    .extracting(Answer::text)
                    .containsExactly(
                            "user0=first",
                            "user1=first",
                            "user2=same",
                            "user3=same",
                            "user4=same",
                            "user5=same",
                            "user6=own 0",
                            "user7=own 1",
                            "user8=own 2",
                            "user9=own 3",
                            "user10=own 4",
                            "user11=own 5");
        }
    }

    @Test
    void scriptsOfDifferentShapesDoNotShareABatch() throws Exception {
        try (RedisHarness harness = open()) {
            List<CompletableFuture<Answer>> probes = new ArrayList<>();
            List<CompletableFuture<String>> pairs = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                probes.add(Probe.add(harness.redis(), "user" + i, "text " + i));
                pairs.add(harness.redis()
                        .call(new Operation<>(
                                PAIR,
                                List.of("left" + i, "right" + i),
                                List.of(Integer.toString(i)),
                                reply -> reply.number(0) + " " + reply.text(1))));
            }
            for (int i = 0; i < 2000; i++) {
                assertThat(probes.get(i).get(5, TimeUnit.SECONDS).text()).isEqualTo("user" + i + "=text " + i);
                assertThat(pairs.get(i).get(5, TimeUnit.SECONDS)).isEqualTo(i + " left" + i + "+right" + i);
            }
        }
    }

    // Failures of single calls

    @Test
    void keyOfAnotherTypeFailsOnlyItsCall() throws Exception {
        try (RedisHarness harness = open();
                Jedis jedis = process.jedis()) {
            jedis.lpush("user7", "a list");
            add(harness, "warm-up");
            process.freeze();
            List<CompletableFuture<Answer>> calls = IntStream.range(0, 20)
                    .mapToObj(i -> Probe.add(harness.redis(), "user" + i, "text " + i))
                    .toList();
            process.thaw();

            for (int i = 0; i < calls.size(); i++) {
                if (i == 7) {
                    assertThat(rejectedBy(calls.get(i))).isEqualTo("WRONGTYPE");
                } else {
                    assertThat(calls.get(i).get(5, TimeUnit.SECONDS).text()).isEqualTo("user" + i + "=text " + i);
                }
            }
        }
    }

    @Test
    void errorOfTheScriptIsRejected() throws Exception {
        try (RedisHarness harness = open()) {
            assertThat(rejectedBy(broken(harness, "broken"))).isEqualTo("ERR");
            assertThat(broken(harness, "whole").get(5, TimeUnit.SECONDS)).isEqualTo(1);
        }
    }

    @Test
    void fullRedisIsRejectedAsOom() throws Exception {
        try (RedisHarness harness = open();
                Jedis jedis = process.jedis()) {
            add(harness, "warm-up");
            jedis.configSet("maxmemory", "1");
            assertThat(rejectedBy(Probe.add(harness.redis(), "user", "text"))).isEqualTo("OOM");
            jedis.configSet("maxmemory", "0");
            add(harness, "user");
        }
    }

    @Test
    void undecodableReplyFailsOnlyItsCall() throws Exception {
        try (RedisHarness harness = open()) {
            CompletableFuture<Long> misread = harness.redis()
                    .callUncancellable(new Operation<>(
                            Probe.SCRIPT, List.of("user"), List.of("1", "text"), reply -> reply.number(2)));
            CompletableFuture<Answer> other = Probe.add(harness.redis(), "other", "text");

            assertThat(failure(misread)).isInstanceOf(ClassCastException.class);
            assertThat(other.get(5, TimeUnit.SECONDS).text()).isEqualTo("other=text");
        }
    }

    // Cancellation and overload

    @Test
    void cancelledCallNeverRuns() throws Exception {
        try (RedisHarness harness = open("redis.max_scripts_in_flight: 1", "redis.max_calls_per_script: 1")) {
            add(harness, "warm-up");
            AtomicBoolean cancelled = new AtomicBoolean();
            process.freeze();
            CompletableFuture<Answer> first = Probe.add(harness.redis(), "user", "first");
            CompletableFuture<Answer> dropped =
                    harness.redis().call(Probe.operation("dropped", "text"), cancelled::get);
            CompletableFuture<Answer> kept = Probe.add(harness.redis(), "kept", "text");
            cancelled.set(true);
            process.thaw();

            first.get(5, TimeUnit.SECONDS);
            assertThat(failure(dropped)).isInstanceOf(CancelledException.class);
            assertThat(kept.get(5, TimeUnit.SECONDS).text()).isEqualTo("kept=text");
            try (Jedis jedis = process.jedis()) {
                assertThat(jedis.exists("dropped")).isFalse();
                assertThat(jedis.exists("kept")).isTrue();
            }
        }
    }

    @Test
    void fullQueueRejectsAtOnce() throws Exception {
        try (RedisHarness harness = open(
                "redis.max_queued_calls: 8",
                "redis.max_calls_per_script: 1",
                "redis.max_scripts_in_flight: 1",
                "redis.timeout: 500ms")) {
            add(harness, "warm-up");
            process.freeze();
            List<CompletableFuture<Answer>> calls = IntStream.range(0, 100)
                    .mapToObj(i -> Probe.add(harness.redis(), "user" + i, "text"))
                    .toList();

            long overloaded = calls.stream()
                    .filter(call -> call.isCompletedExceptionally() && failure(call) instanceof OverloadedException)
                    .count();
            assertThat(overloaded)
                    .as("of 100, at most 1 in flight and 8 queued")
                    .isBetween(91L, 92L);
            process.thaw();
        }
    }

    // Outages

    @Test
    void scriptFlushFailsNoCall() throws Exception {
        try (RedisHarness harness = open();
                Jedis jedis = process.jedis();
                RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            for (int i = 0; i < 20; i++) {
                int answered = load.answered();
                jedis.scriptFlush();
                Eventually.within(SOON, "calls succeed", () -> load.answered() > answered + 100);
            }
            load.stop();

            assertThat(load.failures()).isEmpty();
            assertThat(evalCalls()).as("EVAL with the source").isGreaterThanOrEqualTo(20);
        }
    }

    @Test
    void frozenRedisIsUnavailableAndNoCallHangs() throws Exception {
        try (RedisHarness harness = open();
                RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            Eventually.within(SOON, "calls succeed", () -> load.answered() > 100);
            process.freeze();
            List<CompletableFuture<Long>> many = IntStream.range(0, 5000)
                    .mapToObj(i -> millisUntilUnavailable(Probe.add(harness.redis(), "user" + i, "text")))
                    .toList();
            assertThat(all(many)).allMatch(millis -> millis <= LONGEST_ANSWER.toMillis());
            Eventually.within(
                    SOON, "Redis is reported unavailable", () -> !harness.up().get());
            process.thaw();
            harness.awaitUp();
            load.stop();

            assertThat(load.failures()).containsOnlyKeys("RedisUnavailableException");
            assertThat(load.slowest()).isLessThan(LONGEST_ANSWER);
            add(harness, "user");
        }
    }

    @Test
    void killedRedisIsUnavailableUntilItIsBack() throws Exception {
        try (RedisHarness harness = open();
                RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            Eventually.within(SOON, "calls succeed", () -> load.answered() > 100);
            process.kill();
            Eventually.within(
                    SOON, "Redis is reported unavailable", () -> !harness.up().get());
            assertThat(failure(Probe.add(harness.redis(), "user", "text")))
                    .isInstanceOf(RedisUnavailableException.class);
            Eventually.within(SOON, "calls fail", () -> load.failed() > 0);
            assertThat(load.failures()).containsOnlyKeys("RedisUnavailableException");
            assertThat(load.slowest()).isLessThan(LONGEST_ANSWER);

            process.restart();
            Duration outage = Eventually.within(SOON, "Redis is reported available", harness.up()::get);
            int answered = load.answered();
            load.reset();
            Eventually.within(SOON, "calls succeed", () -> load.answered() > answered + 500);
            load.stop();

            assertThat(outage).isLessThan(Duration.ofSeconds(2));
            assertThat(load.failures())
                    .as("after the restart, with an empty script cache")
                    .isEmpty();
        }
    }

    @Test
    void redisMayStartAfterTheClient() throws Exception {
        process.kill();
        try (RedisHarness harness = RedisHarness.opening("redis.url: " + process.url())) {
            assertThat(harness.redis().initialRedisCheck().toCompletableFuture().get(5, TimeUnit.SECONDS))
                    .isFalse();
            CompletableFuture<Answer> early = Probe.add(harness.redis(), "user", "text");
            assertThat(early).as("at once").isDone();
            assertThat(failure(early)).isInstanceOf(RedisUnavailableException.class);

            process.restart();

            assertThat(Eventually.within(SOON, "Redis is reported available", harness.up()::get))
                    .isLessThan(Duration.ofSeconds(2));
            add(harness, "user");
        }
    }

    @Test
    void connectingToAMissingRedisCostsNoThreads() throws Exception {
        process.kill();
        try (RedisHarness harness = RedisHarness.opening("redis.url: " + process.url())) {
            harness.redis().initialRedisCheck().toCompletableFuture().get(5, TimeUnit.SECONDS);
            int before = Thread.activeCount();
            CompletableFuture<Void> later =
                    CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(3, TimeUnit.SECONDS));
            later.get(5, TimeUnit.SECONDS);

            assertThat(Thread.activeCount()).isLessThan(before + 8);
        }
    }

    // Helpers

    private RedisHarness open(String... yaml) throws Exception {
        List<String> lines = new ArrayList<>(List.of(yaml));
        lines.add("redis.url: " + process.url());
        return RedisHarness.open(lines.toArray(String[]::new));
    }

    private static Answer add(RedisHarness harness, String key) throws Exception {
        return Probe.add(harness.redis(), key, "text").get(5, TimeUnit.SECONDS);
    }

    private static CompletableFuture<Long> broken(RedisHarness harness, String key) {
        return harness.redis()
                .callUncancellable(new Operation<>(BROKEN, List.of(key), List.of(), reply -> reply.number(0)));
    }

    private static <T> List<T> all(List<CompletableFuture<T>> calls) throws Exception {
        List<T> answers = new ArrayList<>();
        for (CompletableFuture<T> call : calls) {
            answers.add(call.get(10, TimeUnit.SECONDS));
        }
        return answers;
    }

    private static CompletableFuture<Long> millisUntilUnavailable(CompletableFuture<Answer> call) {
        long begin = System.nanoTime();
        return call.handle((answer, failure) -> {
            if (!(failure instanceof RedisUnavailableException)) {
                throw new AssertionError("value: " + answer + " (expected: Unavailable)", failure);
            }
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        });
    }

    private static Throwable failure(CompletableFuture<?> call) {
        ExecutionException failed = catchThrowableOfType(ExecutionException.class, () -> call.get(5, TimeUnit.SECONDS));
        if (failed == null || failed.getCause() == null) {
            throw new AssertionError("the call did not fail");
        }
        return failed.getCause();
    }

    private static @Nullable String rejectedBy(CompletableFuture<?> call) {
        assertThat(failure(call)).isInstanceOf(RedisRejectedException.class);
        return ((RedisRejectedException) failure(call)).metadata().get("redis_error");
    }

    private long evalShaCalls() {
        return commandCalls("evalsha");
    }

    private long evalCalls() {
        return commandCalls("eval");
    }

    private long commandCalls(String command) {
        try (Jedis jedis = process.jedis()) {
            Matcher stats =
                    Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(jedis.info("commandstats"));
            return stats.find() ? Long.parseLong(stats.group(1)) : 0;
        }
    }
}
