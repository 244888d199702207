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
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An application can replace every handle of the client in its own tests, without a server. */
@Tag("unit")
class FakedHandlesTest {

    @Test
    void applicationRunsOnFakes() {
        FakeHeartbeats heartbeats = new FakeHeartbeats();
        FakeWatch presence = new FakeWatch();
        FakeWatch typing = new FakeWatch();
        FakeWatch subscription = new FakeWatch();
        FakeReadThrough users = new FakeReadThrough();
        Gateway gateway = new Gateway(heartbeats, presence, typing, subscription, users);

        assertThat(gateway.join("alice", "phone", "kitchen")).contains("loaded alice");
        assertThat(heartbeats.online).containsExactly("alice phone");
        assertThat(presence.ids).containsExactly("alice");
        assertThat(typing.ids).containsExactly("kitchen");
        assertThat(subscription.ids).containsExactly("kitchen");

        gateway.leave("alice", "phone", "kitchen");
        assertThat(heartbeats.online).isEmpty();
        assertThat(presence.ids).isEmpty();
        assertThat(typing.ids).isEmpty();
        assertThat(subscription.ids).isEmpty();
    }

    @Test
    void fakeCanFailAsTheClientDoes() {
        ReadThrough users = new FakeReadThrough();

        assertThatThrownBy(() -> users.get("alice", id -> {
                    throw new IOException("no database");
                }))
                .isInstanceOf(LoadException.class)
                .hasRootCauseMessage("no database");
    }

    /** Part of an application. */
    private record Gateway(
            Heartbeats heartbeats,
            PresenceWatch presence,
            TypingWatch typing,
            Subscription subscription,
            ReadThrough users) {

        Optional<String> join(String user, String connection, String room) {
            heartbeats.add(user, connection);
            presence.add(user);
            typing.add(room);
            subscription.add(List.of(room));
            return users.get(user, id -> Optional.of("loaded " + id));
        }

        void leave(String user, String connection, String room) {
            heartbeats.remove(user, connection);
            presence.remove(user);
            typing.remove(room);
            subscription.remove(List.of(room));
        }
    }

    private static final class FakeHeartbeats implements Heartbeats {

        private final Set<String> online = new LinkedHashSet<>();

        @Override
        public void add(String userId) {
            online.add(userId);
        }

        @Override
        public void add(String userId, String connectionId) {
            online.add(userId + " " + connectionId);
        }

        @Override
        public void remove(String userId) {
            online.remove(userId);
        }

        @Override
        public void remove(String userId, String connectionId) {
            online.remove(userId + " " + connectionId);
        }

        @Override
        public void letExpire(String userId) {
            remove(userId);
        }

        @Override
        public void letExpire(String userId, String connectionId) {
            remove(userId, connectionId);
        }

        @Override
        public CompletableFuture<Void> removeAll() {
            online.clear();
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close() {}
    }

    private static final class FakeWatch implements PresenceWatch, TypingWatch, Subscription {

        private final Set<String> ids = new LinkedHashSet<>();

        @Override
        public void add(Collection<String> added) {
            ids.addAll(added);
        }

        @Override
        public void remove(Collection<String> removed) {
            ids.removeAll(removed);
        }

        @Override
        public void close() {}
    }

    private static final class FakeReadThrough implements ReadThrough {

        private final Map<String, Optional<String>> values = new HashMap<>();

        @Override
        public Optional<String> get(String id, Loader loader) {
            return values.computeIfAbsent(id, absent -> {
                try {
                    return loader.load(absent);
                } catch (Exception e) {
                    throw new LoadException("The loader failed", e);
                }
            });
        }

        @Override
        public CompletableFuture<Optional<String>> getAsync(String id, Loader loader) {
            return CompletableFuture.completedFuture(get(id, loader));
        }

        @Override
        public boolean evict(String id) {
            return values.remove(id) != null;
        }
    }
}
