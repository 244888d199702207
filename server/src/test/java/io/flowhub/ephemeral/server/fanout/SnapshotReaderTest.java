package io.flowhub.ephemeral.server.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.rpc.StreamHandler.Outbound;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reads are bounded and never given up, whatever fails and however often streams ask. */
@Tag("unit")
class SnapshotReaderTest {

    private static final int MAX_IN_FLIGHT = 4;

    @AutoClose("shutdownNow")
    private final DaemonScheduler thread = new DaemonScheduler("snapshot-reader-test");

    private final StreamMemory memory = new StreamMemory(new BoundedCount(1 << 30), new BoundedCount(1 << 20));
    private final Hub<Room, ReadStep> hub = new Hub<>("room", Room::new, 18, memory);
    private final ReadLog reads = new ReadLog();
    private final SnapshotReader<Room, String> reader = new SnapshotReader<>(hub, reads, thread, 1, MAX_IN_FLIGHT);

    @Test
    void requestsDuringAReadThatFailsAreOneRead() {
        reader.resume();
        RoomStream stream = new RoomStream();
        for (int i = 0; i < 100; i++) {
            stream.onMessage(List.of("a"));
        }
        reads.await(1).completeExceptionally(new RedisUnavailableException("test"));
        reads.await(2).complete(List.of("state"));
        Eventually.soon("a snapshot", () -> stream.pollAll().contains("a"));
        Eventually.soon("the next request is read", () -> stream.requests.get() > 0);
        assertThat(reads.all).hasSize(2);
        assertThat(stream.pollAll()).containsExactly("stale", "a");
    }

    @Test
    void nextRequestIsReadAfterAnAttemptThatFailed() {
        reader.resume();
        RoomStream stream = new RoomStream();
        stream.onMessage(List.of("a"));
        CompletableFuture<List<String>> read = reads.await(1);
        assertThat(stream.requests.get()).isZero();
        read.completeExceptionally(new RedisUnavailableException("test"));
        Eventually.soon("the next request is read", () -> stream.requests.get() == 1);
        assertThat(stream.pollAll()).containsExactly("stale");
    }

    @Test
    void readsInFlightAreBoundedAndNoneStartsWhileRedisIsUnavailable() {
        RoomStream stream = new RoomStream();
        stream.onMessage(IntStream.range(0, 20).mapToObj(Integer::toString).toList());
        reader.invalidate();
        reader.resume();
        Eventually.soon("reads", () -> reads.all.size() == MAX_IN_FLIGHT);
        reader.pause();
        reads.all.forEach(read -> read.complete(List.of("state of before the outage")));
        reads.awaitIdle(thread);
        assertThat(reads.all).hasSize(MAX_IN_FLIGHT);
        assertThat(stream.pollAll()).containsExactly("stale");

        reader.resume();
        reader.resync();
        stream.onMessage(List.of("-0")); // so that it is not waited for
        Eventually.soon("all snapshots, then resynced", () -> {
            reads.all.forEach(read -> read.complete(List.of("state"))); // one that began before the resync is repeated
            return stream.pollAll().contains("resynced");
        });
        assertThat(stream.polled).startsWith("stale").endsWith("resynced").hasSize(1 + 19 + 1);
    }

    @Test
    void exceptionInAReadOrItsResultEndsNoRead() {
        reader.resume();
        reads.failures.set(2);
        RoomStream stream = new RoomStream();
        stream.onMessage(List.of("a"));
        reads.await(1).complete(List.of("broken"));
        reads.await(2).complete(List.of("state"));
        Eventually.soon("a snapshot", () -> "a".equals(stream.poll()));
    }

    /** The reads that were started, which the test completes. */
    private static final class ReadLog implements SnapshotReader.Source<Room, String> {

        private final List<CompletableFuture<List<String>>> all = new CopyOnWriteArrayList<>();

        /** How many reads throw. */
        private final AtomicInteger failures = new AtomicInteger();

        @Override
        public CompletableFuture<List<String>> read(List<String> ids) {
            if (failures.getAndDecrement() > 0) {
                throw new IllegalStateException("test");
            }
            CompletableFuture<List<String>> read = new CompletableFuture<>();
            all.add(read);
            return read;
        }

        @Override
        public boolean apply(Room room, String state) {
            if (state.equals("broken")) {
                throw new IllegalStateException("test");
            }
            return false;
        }

        CompletableFuture<List<String>> await(int number) {
            Eventually.soon("read " + number, () -> all.size() >= number);
            return all.get(number - 1);
        }

        void awaitIdle(DaemonScheduler thread) {
            CompletableFuture<Void> idle = new CompletableFuture<>();
            thread.execute(() -> idle.complete(null));
            Eventually.soon("earlier tasks have run", idle::isDone);
        }
    }

    /** Its requests are ids: to remove after a minus, else to add. Its events are the ids of rooms. */
    private final class RoomStream extends FanoutStream<Room, ReadStep, List<String>, String> {

        private final AtomicInteger requests;
        private final List<String> polled = new ArrayList<>();

        RoomStream() {
            this(new AtomicInteger());
        }

        private RoomStream(AtomicInteger requests) {
            super(
                    hub,
                    new Outbound() {
                        @Override
                        public void signal() {}

                        @Override
                        public void requestNext() {
                            requests.incrementAndGet();
                        }
                    },
                    new ConflatingOutbox<>(new RoomStates(), 1));
            this.requests = requests;
        }

        @Override
        protected List<String> added(List<String> request) {
            return request.stream().filter(id -> !id.startsWith("-")).toList();
        }

        @Override
        protected List<String> removed(List<String> request) {
            return request.stream()
                    .filter(id -> id.startsWith("-"))
                    .map(id -> id.substring(1))
                    .toList();
        }

        /** All events so far. */
        List<String> pollAll() {
            for (String next = poll(); next != null; next = poll()) {
                polled.add(next);
            }
            return polled;
        }
    }

    private static final class RoomStates implements ConflatingOutbox.Events<Room, String, String> {

        @Override
        public String state(Room room) {
            return room.id();
        }

        @Override
        public String stale() {
            return "stale";
        }

        @Override
        public String resynced() {
            return "resynced";
        }

        @Override
        public String snapshot(List<String> states) {
            return states.get(0);
        }

        @Override
        public String change(List<String> states) {
            return states.get(0);
        }
    }
}
