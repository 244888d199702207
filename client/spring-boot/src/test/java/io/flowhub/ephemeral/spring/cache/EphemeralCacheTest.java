package io.flowhub.ephemeral.spring.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.LoadException;
import io.flowhub.ephemeral.spring.fixture.LimitServer;
import io.flowhub.ephemeral.spring.fixture.PlainApplication;
import io.flowhub.ephemeral.spring.fixture.RunningApplication;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class EphemeralCacheTest {

    private static final LimitServer SERVER = LimitServer.start();
    private static final RunningApplication APPLICATION = RunningApplication.start(PlainApplication.class, SERVER);

    record Profile(String name, Instant since) {}

    private static final Profile ALICE = new Profile("Alice", Instant.parse("2026-01-02T03:04:05Z"));

    private final EphemeralCache cache = APPLICATION.bean(EphemeralCache.class);
    private final AtomicInteger loads = new AtomicInteger();

    @AfterAll
    static void stop() {
        APPLICATION.close();
        SERVER.close();
    }

    private Optional<Profile> load(String id) {
        loads.incrementAndGet();
        return id.startsWith("alice") ? Optional.of(ALICE) : Optional.empty();
    }

    @Test
    void objectIsLoadedOnceUntilItIsEvicted() {
        for (int i = 0; i < 3; i++) {
            assertThat(cache.users().get("alice", Profile.class, this::load)).contains(ALICE);
        }
        assertThat(loads).hasValue(1);

        assertThat(cache.users().evict("alice")).isTrue();
        assertThat(cache.users().get("alice", Profile.class, this::load)).contains(ALICE);
        assertThat(loads).hasValue(2);
    }

    @Test
    void missingObjectIsCachedAsMissing() {
        assertThat(cache.users().get("unknown", Profile.class, this::load)).isEmpty();
        assertThat(cache.users().get("unknown", Profile.class, this::load)).isEmpty();
        assertThat(loads).hasValue(1);
    }

    @Test
    void entryOfAnotherFormIsLoadedAgain() {
        SERVER.cache.put("alice-2", "{\"since\":[\"not\",\"an\",\"instant\"]}");
        assertThat(cache.users().get("alice-2", Profile.class, this::load)).contains(ALICE);
        assertThat(cache.users().get("alice-2", Profile.class, this::load)).contains(ALICE);
        assertThat(loads).hasValue(1);
    }

    @Test
    void failedLoadIsReported() {
        assertThatThrownBy(() -> cache.users().get("alice-3", Profile.class, id -> {
                    throw new IllegalStateException("the database is down");
                }))
                .isInstanceOf(LoadException.class)
                .hasRootCauseMessage("the database is down");
    }
}
