package io.flowhub.ephemeral.server.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.redis.Probe.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ClientKillParams;

/** A client of one Redis: batching, failures of single calls, overload and outages. */
@Tag("contract")
class RedisClientTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    /** Twice the default redis.timeout of 300 ms: no call takes longer. */
    private static final Duration LONGEST_ANSWER = Duration.ofMillis(600);

    private static final Script COUNT_CALLS = Script.load("redis/count_calls");
    private static final Script TEXT = Script.load("redis/text");
    private static final Script BROKEN = Script.load("redis/broken");

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @AutoClose
    private TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url());

    // Batches

    @Test
    void queuedCallsAreSentInFullBatches() throws Exception {
        reopen("redis.max_calls_per_script: 64");
        add("warm-up");
        long before = calls("evalsha");
        process.freeze();
        List<CompletableFuture<Answer>> calls = Probe.addMany(harness.redis(), 1000);
        process.thaw();
        List<Answer> answers = all(calls);

        assertThat(calls("evalsha") - before).isBetween(1000L / 64, 20L);
        assertThat(answers).extracting(Answer::together).contains(64L).allMatch(together -> together <= 64);
    }

    @Test
    void coalescedReadCompletesTheQueuedCallsOfItsKeyAndNoEarlierOne() throws Exception {
        reopen("redis.max_scripts_in_flight: 1");
        process.freeze();
        CompletableFuture<Long> ahead = number(COUNT_CALLS, "hot");
        AtomicBoolean sent = new AtomicBoolean();
        var unused =
                harness.redis().call(Probe.operation("user", "text"), () -> sent.getAndSet(true)); // is sent after it
        Eventually.within(SOON, "the operation is sent", sent::get);
        List<CompletableFuture<Long>> waiting = IntStream.range(0, 99)
                .mapToObj(i -> number(COUNT_CALLS, i % 3 == 0 ? "other" : "hot"))
                .toList();
        process.thaw();

        assertThat(ahead.get(10, TimeUnit.SECONDS)).isEqualTo(1);
        for (int i = 0; i < 99; i++) {
            assertThat(waiting.get(i).get(10, TimeUnit.SECONDS)).isEqualTo(i % 3 == 0 ? 1 : 2);
        }
    }

    @Test
    void idleClientSendsACallAtOnceAndAlone() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(add("user").together()).isEqualTo(1);
        }
    }

    @Test
    void eachCallReceivesItsOwnReply() throws Exception {
        int callers = 4;
        int each = 1000;
        reopen("redis.max_queued_calls: " + callers * each, "redis.timeout: 500ms");
        List<List<CompletableFuture<Answer>>> calls = Concurrently.run(
                callers,
                caller -> IntStream.range(0, each)
                        .mapToObj(i -> Probe.add(harness.redis(), "user" + i % 500, "call " + caller + " " + i))
                        .toList());
        List<Answer> answers = all(calls.stream().flatMap(List::stream).toList());

        assertThat(answers)
                .extracting(Answer::text)
                .containsExactlyElementsOf(IntStream.range(0, callers * each)
                        .mapToObj(i -> "user" + i % each % 500 + "=call " + i / each + " " + i % each)
                        .toList());
        assertThat(answers.stream()
                        .map(answer -> answer.text().replaceAll("=.*", "") + " " + answer.count())
                        .distinct())
                .as("each call counted once, and received its own count")
                .hasSize(callers * each);
        assertThat(answers).anyMatch(answer -> answer.together() > 1);
    }

    @Test
    void sharedAndOwnArgumentsReachTheScript() throws Exception {
        process.freeze();
        List<String> texts = List.of(
                "first", "first", "same", "same", "same", "same", "own 0", "own 1", "own 2", "own 3", "own 4", "own 5");
        List<CompletableFuture<Answer>> calls = IntStream.range(0, texts.size())
                .mapToObj(i -> Probe.add(harness.redis(), "user" + i, texts.get(i)))
                .toList();
        process.thaw();

        assertThat(all(calls))
                .extracting(Answer::text)
                .containsExactlyElementsOf(IntStream.range(0, texts.size())
                        .mapToObj(i -> "user" + i + "=" + texts.get(i))
                        .toList());
    }

    @Test
    void textsOfSeveralCallsAreReadBesideTheScript() throws Exception {
        try (Jedis jedis = process.jedis()) {
            jedis.mset("a", "text of a", "b", "text of b");
            jedis.lpush("list", "no text");
            for (int i = 1; i <= 2; i++) {
                assertThat(texts("b", "list", "missing", "a", "b").get(10, TimeUnit.SECONDS))
                        .as("the first time, Redis does not have the script")
                        .containsExactly("4 text of b", "4 -", "4 -", "4 text of a", "4 text of b");
                assertThat(calls("mget")).isEqualTo(i);
            }
            assertThat(texts("a").get(10, TimeUnit.SECONDS)).containsExactly("1 text of a");
            assertThat(calls("mget")).as("a call alone needs none").isEqualTo(2);
        }
    }

    @Test
    void errorOfTheCommandBesideTheScriptIsThatOfTheCalls() {
        try (Jedis jedis = process.jedis()) {
            jedis.aclSetUser("default", "-mget");
        }
        assertThat(rejectedBy(texts("a", "b"))).isEqualTo("NOPERM");
    }

    private CompletableFuture<List<String>> texts(String... keys) {
        return harness.redis()
                .callAll(Stream.of(keys)
                        .map(key -> new Operation<>(
                                TEXT,
                                List.of(key),
                                List.of(),
                                reply -> reply.number(0) + " " + (reply.hasText(1) ? reply.text(1) : "-")))
                        .toList());
    }

    // Failures of single calls

    @Test
    void keyOfAnotherTypeFailsOnlyItsCall() throws Exception {
        try (Jedis jedis = process.jedis()) {
            jedis.lpush("user7", "a list");
            add("warm-up");
            process.freeze();
            List<CompletableFuture<Answer>> calls = new ArrayList<>(Probe.addMany(harness.redis(), 20));
            process.thaw();

            assertThat(rejectedBy(calls.remove(7))).isEqualTo("WRONGTYPE");
            assertThat(all(calls))
                    .extracting(Answer::text)
                    .containsExactlyElementsOf(IntStream.range(0, 20)
                            .filter(i -> i != 7)
                            .mapToObj(i -> "user" + i + "=text")
                            .toList());
        }
    }

    @Test
    void errorOfTheScriptIsRejected() throws Exception {
        assertThat(rejectedBy(number(BROKEN, "broken"))).isEqualTo("ERR");
        assertThat(number(BROKEN, "whole").get(5, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void fullRedisIsBudgetFull() throws Exception {
        try (Jedis jedis = process.jedis()) {
            add("warm-up");
            jedis.configSet("maxmemory", "1");
            assertThat(failure(submit("user"))).isInstanceOf(BudgetFullException.class);
            jedis.configSet("maxmemory", "0");
            add("user");
        }
    }

    @Test
    void undecodableReplyFailsOnlyItsCall() throws Exception {
        CompletableFuture<Long> misread = harness.redis()
                .callUncancellable(
                        new Operation<>(Probe.SCRIPT, List.of("user"), List.of("1", "text"), reply -> reply.number(2)));
        CompletableFuture<Answer> other = submit("other");

        assertThat(failure(misread))
                .hasMessage("redis/probe: unexpected reply")
                .hasCauseInstanceOf(ClassCastException.class);
        assertThat(other.get(5, TimeUnit.SECONDS).text()).isEqualTo("other=text");
    }

    // Overload

    @Test
    void fullQueueRejectsAtOnce() throws Exception {
        reopen(
                "redis.max_queued_calls: 8",
                "redis.max_calls_per_script: 1",
                "redis.max_scripts_in_flight: 1",
                "redis.timeout: 500ms");
        add("warm-up");
        process.freeze();
        List<CompletableFuture<Answer>> calls = Probe.addMany(harness.redis(), 100);

        assertThat(calls)
                .filteredOn(call -> call.isCompletedExceptionally() && failure(call) instanceof OverloadedException)
                .as("of 100, at most 1 in flight and 8 queued")
                .hasSizeBetween(91, 92);
        process.thaw();
    }

    // Outages

    @Test
    void scriptFlushFailsNoCall() throws Exception {
        try (Jedis jedis = process.jedis();
                RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            for (int i = 0; i < 20; i++) {
                int answered = load.answered();
                jedis.scriptFlush();
                Eventually.within(SOON, "calls succeed", () -> load.answered() > answered + 100);
            }
            load.stop();

            assertThat(load.failures()).isEmpty();
            assertThat(calls("eval")).as("EVAL with the source").isGreaterThanOrEqualTo(20);
        }
    }

    @Test
    void connectionsThatWereLostTenTimesAreAsManyAsAtFirst() {
        try (Jedis jedis = process.jedis();
                RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            Eventually.within(SOON, "3 connections are open", () -> connections(jedis) == 3);
            for (int i = 0; i < 10; i++) {
                jedis.clientKill(new ClientKillParams().skipMe(ClientKillParams.SkipMe.YES));
                int answered = load.answered();
                Eventually.within(SOON, "calls succeed", () -> load.answered() > answered + 100);
            }
            Eventually.within(SOON, "3 connections are open again", () -> connections(jedis) == 3);
        }
    }

    @Tag("latency")
    @Test
    void frozenRedisIsUnavailableAndNoCallHangs() throws Exception {
        try (RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            Eventually.within(SOON, "calls succeed", () -> load.answered() > 100);
            process.freeze();
            List<CompletableFuture<Long>> many = IntStream.range(0, 5000)
                    .mapToObj(i -> millisUntilUnavailable(submit("user" + i)))
                    .toList();
            assertThat(all(many)).allMatch(millis -> millis <= LONGEST_ANSWER.toMillis());
            awaitDown();
            process.thaw();
            harness.awaitUp();
            load.stop();

            assertThat(load.failures()).containsOnlyKeys("RedisUnavailableException");
            assertThat(load.slowest()).isLessThan(LONGEST_ANSWER);
            add("user");
        }
    }

    @Tag("latency")
    @Test
    void killedRedisIsUnavailableUntilItIsBack() throws Exception {
        try (RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            Eventually.within(SOON, "calls succeed", () -> load.answered() > 100);
            process.kill();
            awaitDown();
            assertThat(failure(submit("user"))).isInstanceOf(RedisUnavailableException.class);
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

    @Tag("latency")
    @Test
    void redisMayStartAfterTheClientWhichUsesNoMoreThreadsUntilThen() throws Exception {
        process.kill();
        harness.close();
        harness = TestRedisClient.opening("redis.url: " + process.url());
        assertThat(harness.redis().initialRedisCheck().toCompletableFuture().get(5, TimeUnit.SECONDS))
                .isFalse();
        CompletableFuture<Answer> early = submit("user");
        assertThat(early).as("at once").isDone();
        assertThat(failure(early)).isInstanceOf(RedisUnavailableException.class);
        int before = Thread.activeCount();
        TimeUnit.SECONDS.sleep(3);
        assertThat(Thread.activeCount()).isLessThan(before + 8);

        process.restart();

        assertThat(Eventually.within(SOON, "Redis is reported available", harness.up()::get))
                .isLessThan(Duration.ofSeconds(2));
        add("user");
    }

    // Helpers

    private void reopen(String... yaml) {
        harness.close();
        harness = TestRedisClient.open("redis.url: " + process.url(), String.join("\n", yaml));
    }

    private void awaitDown() {
        Eventually.within(
                SOON, "Redis is reported unavailable", () -> !harness.up().get());
    }

    private CompletableFuture<Answer> submit(String key) {
        return Probe.add(harness.redis(), key, "text");
    }

    private Answer add(String key) throws Exception {
        return submit(key).get(5, TimeUnit.SECONDS);
    }

    private CompletableFuture<Long> number(Script script, String key) {
        return harness.redis()
                .callUncancellable(new Operation<>(script, List.of(key), List.of(), reply -> reply.number(0)));
    }

    private static <T> List<T> all(List<CompletableFuture<T>> calls) throws Exception {
        List<T> answers = new ArrayList<>();
        for (CompletableFuture<T> call : calls) {
            answers.add(call.get(10, TimeUnit.SECONDS));
        }
        return answers;
    }

    private static CompletableFuture<Long> millisUntilUnavailable(CompletableFuture<Answer> call) {
        Stopwatch stopwatch = Stopwatch.start();
        return call.handle((answer, failure) -> {
            if (!(failure instanceof RedisUnavailableException)) {
                throw new AssertionError("value: " + answer + " (expected: Unavailable)", failure);
            }
            return stopwatch.elapsed().toMillis();
        });
    }

    private static Throwable failure(CompletableFuture<?> call) {
        ExecutionException failed = catchThrowableOfType(ExecutionException.class, () -> call.get(5, TimeUnit.SECONDS));
        return requireNonNull(failed.getCause());
    }

    private static @Nullable String rejectedBy(CompletableFuture<?> call) {
        assertThat(failure(call)).isInstanceOf(RedisRejectedException.class);
        return ((RedisRejectedException) failure(call)).metadata().get("redis_error");
    }

    private static long connections(Jedis jedis) {
        return jedis.clientList().lines().count() - 1;
    }

    private long calls(String command) {
        try (Jedis jedis = process.jedis()) {
            return RedisProcess.calls(jedis, command);
        }
    }
}
