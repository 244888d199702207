package io.flowhub.ephemeral.client;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands for a database: counts its loads, and answers each when the test lets it. */
final class TestLoader implements Loader {

    final AtomicInteger loads = new AtomicInteger();
    final AtomicInteger mostAtOnce = new AtomicInteger();
    private final AtomicInteger now = new AtomicInteger();
    private final Semaphore begun = new Semaphore(0);
    private final CountDownLatch free = new CountDownLatch(1);
    private volatile Optional<String> value;
    private volatile boolean holds;

    static TestLoader of(String json) {
        return new TestLoader(Optional.of(json));
    }

    static TestLoader ofNothing() {
        return new TestLoader(Optional.empty());
    }

    private TestLoader(Optional<String> value) {
        this.value = value;
    }

    /** From now on loads wait for {@link #letGo}. */
    TestLoader holding() {
        holds = true;
        return this;
    }

    void letGo() {
        free.countDown();
    }

    void becomes(String json) {
        value = Optional.of(json);
    }

    /** Waits until so many loads have begun since it was last asked. */
    void awaitLoads(int count) throws InterruptedException {
        if (!begun.tryAcquire(count, 20, TimeUnit.SECONDS)) {
            throw new AssertionError("Not " + count + " loads within 20 s, but " + loads);
        }
    }

    /** Reads before it waits, as a database that is slow to answer. */
    @Override
    public Optional<String> load(String id) throws InterruptedException {
        loads.incrementAndGet();
        mostAtOnce.accumulateAndGet(now.incrementAndGet(), Math::max);
        Optional<String> read = value;
        begun.release();
        try {
            if (holds && !free.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("The test never let the load go");
            }
            return read;
        } finally {
            now.decrementAndGet();
        }
    }
}
