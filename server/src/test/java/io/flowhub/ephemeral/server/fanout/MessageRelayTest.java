package io.flowhub.ephemeral.server.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.rpc.StreamHandler.Outbound;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The messages in the outboxes of all streams together are bounded. */
@Tag("unit")
class MessageRelayTest {

    private static final int MAX_BYTES = 1 << 20;

    private final StreamMemory memory = new StreamMemory(new BoundedCount(1 << 30), new BoundedCount(MAX_BYTES));
    private final Hub<Room, QueuedEvent<Room, String>> hub = new Hub<>("room", Room::new, 80, memory);
    private final MessageRelay<Room, String> relay = new MessageRelay<>(hub, memory);

    MessageRelayTest() {
        hub.setFreshness(Freshness.LIVE);
    }

    @Test
    void streamsThatAreNotReadLoseTheirOldestMessagesAndLeaveMemoryForOthers() {
        RoomStream quiet = new RoomStream("quiet");
        deliver("quiet", 1_000);
        List<RoomStream> stalled = Stream.iterate(0, i -> i + 1)
                .limit(100)
                .map(i -> new RoomStream("room" + i))
                .toList();
        RoomStream read = new RoomStream("read");
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < stalled.size(); i++) {
                deliver("room" + i, 1_000);
            }
            deliver("read", 1_000);
            assertThat(read.pollAll()).as("round %s", round).containsExactly("read");
            assertThat(memory.messages().reserved()).isLessThanOrEqualTo(MAX_BYTES);
        }
        assertThat(quiet.pollAll()).containsExactly("quiet lost 1");
        assertThat(memory.messages().reserved()).isGreaterThan(MAX_BYTES / 2);
        for (RoomStream stream : stalled) {
            List<String> events = stream.pollAll();
            assertThat(events.get(0)).isEqualTo(stream.roomId + " lost " + (101 - events.size()));
        }
        assertThat(memory.messages().reserved()).isZero();
    }

    @Test
    void messageThatDoesNotFitIsLost() {
        RoomStream stream = new RoomStream("room");
        deliver("room", MAX_BYTES + 1);
        deliver("room", 1);
        assertThat(stream.pollAll()).containsExactly("room lost 1", "room");
    }

    @Test
    void messageOfManyStreamsIsReservedOnceAndReleasedByTheLast() {
        List<RoomStream> streams =
                Stream.generate(() -> new RoomStream("room")).limit(3).toList();
        deliver("room", 1_000);
        assertThat(memory.messages().reserved()).isBetween(1_000L, 1_999L);
        streams.get(0).pollAll();
        streams.get(1).onClosed();
        assertThat(memory.messages().reserved()).isPositive();
        streams.get(2).onMessage(List.of("-room"));
        assertThat(memory.messages().reserved()).isZero();
        streams.get(0).onClosed();
        streams.get(2).onClosed();
        assertThat(memory.watches().reserved()).isZero();
    }

    private void deliver(String roomId, int bytes) {
        relay.deliver(Objects.requireNonNull(hub.find(roomId)), roomId, bytes);
    }

    /** Its requests are ids: to remove after a minus, else to add. */
    private final class RoomStream extends FanoutStream<Room, QueuedEvent<Room, String>, List<String>, String> {

        private final String roomId;

        RoomStream(String roomId) {
            super(
                    hub,
                    new Outbound() {
                        @Override
                        public void signal() {}

                        @Override
                        public void requestNext() {}
                    },
                    new BoundedOutbox<>(new RoomEvents(), event -> true, null));
            this.roomId = roomId;
            onMessage(List.of(roomId));
            assertThat(pollAll()).containsExactly("ack of 1");
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

        List<String> pollAll() {
            List<String> all = new ArrayList<>();
            for (String next = poll(); next != null; next = poll()) {
                all.add(next);
            }
            return all;
        }
    }
}
