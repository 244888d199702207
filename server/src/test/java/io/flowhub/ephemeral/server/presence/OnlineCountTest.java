package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reading the number of online users costs a command at most every ten seconds, and none while none is online. */
@Tag("unit")
class OnlineCountTest {

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong reads = new AtomicLong();
    private CompletableFuture<Long> reply = CompletableFuture.completedFuture(0L);
    private final OnlineCount online = new OnlineCount(
            () -> {
                reads.incrementAndGet();
                return reply;
            },
            nanos::get);

    @Test
    void nothingIsReadWhileNoneIsOnline() {
        assertRead(0, 1);
        pass(100);
        assertRead(0, 1);

        reply = CompletableFuture.completedFuture(1L);
        online.onMessage("1 1 alice");
        assertRead(1, 2);
        pass(1);
        online.onMessage("1 2 bob");
        assertRead(1, 2);
    }

    @Test
    void countIsReadAgainAfterTenSecondsWhileUsersAreOnline() {
        reply = CompletableFuture.completedFuture(2L);
        assertRead(2, 1);
        pass(9);
        assertRead(2, 1);
        reply = CompletableFuture.completedFuture(0L);
        pass(1);
        assertRead(0, 2);
    }

    @Test
    void lostAnnouncementsMayHaveBroughtUsersOnline() {
        assertRead(0, 1);
        pass(10);
        online.onGap();
        assertRead(0, 2);
    }

    @Test
    void countIsUnknownWithoutRedis() {
        reply = CompletableFuture.failedFuture(new RedisUnavailableException("no Redis"));
        assertThat(online.read()).isEmpty();
        pass(10);
        reply = CompletableFuture.completedFuture(3L);
        assertRead(3, 2);
    }

    private void pass(int seconds) {
        nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private void assertRead(long count, int totalReads) {
        assertThat(online.read()).isEqualTo(OptionalLong.of(count));
        assertThat(reads).hasValue(totalReads);
    }
}
