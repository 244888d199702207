package io.flowhub.ephemeral.client.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.v1.CacheState;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Polls with time that the tests advance. */
@Tag("unit")
class CacheLookupTest {

    private static final Duration MAX_WAIT = Duration.ofMinutes(1);
    private static final CacheReply HIT = new CacheReply(CacheState.CACHE_STATE_HIT, "{}", "", Duration.ZERO);

    private final FakeBackend backend = new FakeBackend();
    private final List<Duration> pauses = new ArrayList<>();
    private final Queue<Runnable> scheduled = new ArrayDeque<>();
    private final List<CacheReply> replies = new ArrayList<>();
    private boolean isTimerClosed;
    private long now = Long.MAX_VALUE; // Overflows, as nanoTime may.

    private final CacheLookup lookup = new CacheLookup(
            backend,
            "42",
            reply -> {
                replies.add(reply);
                return CompletableFuture.completedFuture(Optional.of(reply.json()));
            },
            ended -> {},
            this::schedule,
            () -> now);

    @Test
    void leasedElsewhereIsPolledAfterDoubledPauses() {
        backend.replies(leasedFor(Duration.ofSeconds(10)), 5);
        backend.replies(HIT, 1);
        lookup.start(MAX_WAIT);
        runScheduled(5);

        assertThat(pauses).extracting(Duration::toMillis).containsExactly(10L, 20L, 40L, 80L, 160L);
        assertThat(lookup.result()).isCompletedWithValue(Optional.of("{}"));
    }

    @Test
    void pollFollowsTheEndOfTheOtherLease() {
        backend.replies(leasedFor(Duration.ofMillis(15)), 2);
        lookup.start(MAX_WAIT);
        runScheduled(1);

        assertThat(pauses).extracting(Duration::toMillis).containsExactly(10L, 15L);
    }

    @Test
    void eachPollHasTheTimeThatIsLeft() {
        backend.replies(leasedFor(Duration.ofSeconds(10)), 3);
        backend.latency = Duration.ofSeconds(20);
        lookup.start(MAX_WAIT);
        runScheduled(2);

        assertThat(backend.deadlines)
                .containsExactly(
                        MAX_WAIT,
                        MAX_WAIT.minusSeconds(20).minusMillis(10),
                        MAX_WAIT.minusSeconds(40).minusMillis(30));
        assertThat(pauses).as("no poll after the maximum wait").hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "INTERNAL", "UNIMPLEMENTED"})
    void failingCacheEndsTheLookup(Status.Code code) {
        backend.replies.add(CompletableFuture.failedFuture(code.toStatus().asRuntimeException()));
        lookup.start(MAX_WAIT);

        assertThat(replies).containsExactly(CacheReply.UNKNOWN);
    }

    @Test
    void closedClientEndsTheLookup() {
        backend.replies(leasedFor(Duration.ofSeconds(10)), 1);
        isTimerClosed = true;
        lookup.start(MAX_WAIT);

        assertThat(replies).containsExactly(CacheReply.UNKNOWN);
    }

    private void schedule(Duration delay, Runnable task) {
        if (isTimerClosed) {
            throw new RejectedExecutionException();
        }
        pauses.add(delay);
        scheduled.add(() -> {
            now += delay.toNanos();
            task.run();
        });
    }

    private void runScheduled(int times) {
        for (int i = 0; i < times; i++) {
            scheduled.remove().run();
        }
    }

    private static CacheReply leasedFor(Duration leaseLeft) {
        return new CacheReply(CacheState.CACHE_STATE_MISS, "", "", leaseLeft);
    }

    private final class FakeBackend implements CacheBackend {

        private final Queue<CompletableFuture<CacheReply>> replies = new ArrayDeque<>();
        private final List<Duration> deadlines = new ArrayList<>();
        private Duration latency = Duration.ZERO;

        void replies(CacheReply reply, int times) {
            for (int i = 0; i < times; i++) {
                replies.add(CompletableFuture.completedFuture(reply));
            }
        }

        @Override
        public CompletableFuture<CacheReply> get(String id, Duration deadline) {
            deadlines.add(deadline);
            now += latency.toNanos();
            return replies.remove();
        }

        @Override
        public void put(String id, Optional<String> value, String lease) {}

        @Override
        public boolean evict(String id) {
            return false;
        }
    }
}
