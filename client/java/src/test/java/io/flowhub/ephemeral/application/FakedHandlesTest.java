package io.flowhub.ephemeral.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.Heartbeats;
import io.flowhub.ephemeral.client.LoadException;
import io.flowhub.ephemeral.client.Loader;
import io.flowhub.ephemeral.client.PresenceWatch;
import io.flowhub.ephemeral.client.ReadThrough;
import io.flowhub.ephemeral.client.Subscription;
import io.flowhub.ephemeral.client.TypingWatch;
import io.flowhub.ephemeral.client.fixture.CallRecorder;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An application can replace every handle of the client in its own tests, without a server. */
@Tag("unit")
class FakedHandlesTest {

    private final CallRecorder recorder = new CallRecorder();

    @Test
    void applicationRunsOnFakes() {
        Heartbeats heartbeats = recorder.as(Heartbeats.class);
        heartbeats.add("alice", "phone");
        heartbeats.remove("alice", "phone");
        FakeWatch watch = new FakeWatch();
        watch.add("kitchen");
        watch.remove("kitchen");

        assertThat(recorder.all)
                .containsExactly("add alice phone", "remove alice phone", "added [kitchen]", "removed [kitchen]");
    }

    @Test
    void fakeCanLoadAndFailAsTheClientDoes() {
        ReadThrough users = new FakeReadThrough();

        assertThat(users.get("alice", id -> Optional.of("loaded " + id))).contains("loaded alice");
        assertThatThrownBy(() -> users.get("alice", id -> {
                    throw new IOException("no database");
                }))
                .isInstanceOf(LoadException.class)
                .hasRootCauseMessage("no database");
    }

    private final class FakeWatch implements PresenceWatch, TypingWatch, Subscription {

        @Override
        public void add(Collection<String> ids) {
            recorder.all.add("added " + ids);
        }

        @Override
        public void remove(Collection<String> ids) {
            recorder.all.add("removed " + ids);
        }

        @Override
        public void close() {}
    }

    private static final class FakeReadThrough implements ReadThrough {

        @Override
        public Optional<String> get(String id, Loader loader) {
            try {
                return loader.load(id);
            } catch (Exception e) {
                throw new LoadException("The loader failed", e);
            }
        }

        @Override
        public CompletableFuture<Optional<String>> getAsync(String id, Loader loader) {
            return CompletableFuture.completedFuture(get(id, loader));
        }

        @Override
        public boolean evict(String id) {
            return true;
        }
    }
}
