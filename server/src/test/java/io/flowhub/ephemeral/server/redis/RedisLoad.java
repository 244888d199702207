package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.redis.Probe.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/** Threads that call one call after the other until stopped. Each checks that the reply is its own. */
final class RedisLoad implements AutoCloseable {

    private static final int CALLERS = 8;

    /** Pause after a failed call, as a real client makes. */
    private static final long PAUSE_NANOS = 2_000_000;

    private final RedisClient redis;
    private final IntFunction<String> keys;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicLong slowestNanos = new AtomicLong();
    private final Map<String, AtomicInteger> failures = new ConcurrentHashMap<>();
    private final List<Thread> callers = new ArrayList<>();
    private volatile boolean over;

    /** @param keys the key of the call with this number */
    RedisLoad(RedisClient redis, IntFunction<String> keys) {
        this.redis = redis;
        this.keys = keys;
        for (int i = 0; i < CALLERS; i++) {
            Thread caller = new Thread(this::call, "load-" + i);
            callers.add(caller);
            caller.start();
        }
    }

    private void call() {
        while (!over) {
            int number = next.incrementAndGet();
            String key = keys.apply(number);
            Stopwatch stopwatch = Stopwatch.start();
            try {
                Answer answer = Probe.add(redis, key, "call " + number).get(10, TimeUnit.SECONDS);
                if (answer.text().equals(key + "=call " + number)) {
                    answered.incrementAndGet();
                } else {
                    failed("reply to another call");
                }
            } catch (ExecutionException e) {
                failed(e.getCause() == null ? "?" : e.getCause().getClass().getSimpleName());
                java.util.concurrent.locks.LockSupport.parkNanos(PAUSE_NANOS);
            } catch (Exception e) {
                failed(e.toString());
            }
            slowestNanos.accumulateAndGet(stopwatch.elapsed().toNanos(), Math::max);
        }
    }

    private void failed(String how) {
        failures.computeIfAbsent(how, h -> new AtomicInteger()).incrementAndGet();
    }

    int answered() {
        return answered.get();
    }

    /** Number of failed calls by class of the failure. */
    Map<String, AtomicInteger> failures() {
        return failures;
    }

    int failed() {
        return failures.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    Duration slowest() {
        return Duration.ofNanos(slowestNanos.get());
    }

    /** Resets the failures and the slowest call. */
    void reset() {
        slowestNanos.set(0);
        failures.clear();
    }

    /** Returns once every call is complete. */
    void stop() throws InterruptedException {
        over = true;
        for (Thread caller : callers) {
            caller.join();
        }
    }

    @Override
    public void close() {
        over = true;
    }
}
