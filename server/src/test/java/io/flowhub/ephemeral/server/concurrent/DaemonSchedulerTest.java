package io.flowhub.ephemeral.server.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.CapturedLog;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class DaemonSchedulerTest {

    @AutoClose("shutdownNow")
    private final DaemonScheduler scheduler = new DaemonScheduler("scheduler-test");

    @Test
    void runsTasksOnANamedDaemonThread() throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        scheduler.execute(() -> thread.complete(Thread.currentThread()));
        assertThat(thread.get(10, TimeUnit.SECONDS).getName()).isEqualTo("scheduler-test");
        assertThat(thread.get().isDaemon()).isTrue();
    }

    @Test
    void exceptionOfATaskIsLoggedAndAPeriodicTaskContinues() throws Exception {
        try (CapturedLog log = CapturedLog.of(DaemonScheduler.class)) {
            scheduler.execute(() -> {
                throw new IllegalStateException("of a single task");
            });
            CountDownLatch runs = new CountDownLatch(3);
            Runnable failing = () -> {
                runs.countDown();
                throw new IllegalStateException("of a periodic task");
            };
            var unused = scheduler.scheduleWithFixedDelay(failing, 0, 1, TimeUnit.MILLISECONDS);
            assertThat(runs.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(log.messages()).containsOnly("Unexpected error in thread scheduler-test");
            assertThat(log.thrown())
                    .extracting(Throwable::getMessage)
                    .startsWith("of a single task", "of a periodic task", "of a periodic task");
        }
    }

    @Test
    void tasksAfterShutdownAreDiscarded() {
        scheduler.shutdownNow();
        scheduler.execute(() -> {
            throw new AssertionError();
        });
        var unused = scheduler.schedule(() -> {}, 0, TimeUnit.MILLISECONDS);
        assertThat(scheduler.getQueue()).isEmpty();
    }
}
