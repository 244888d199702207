package io.flowhub.ephemeral.server.broadcast;

import static io.flowhub.ephemeral.server.broadcast.BroadcastEvents.gap;
import static io.flowhub.ephemeral.server.broadcast.MessageBuffer.MAX_EVENTS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A slow reader loses the oldest messages, and a gap event counts them per room. */
@Tag("unit")
class MessageBufferTest {

    private static final SubscribeResponse SUBSCRIBED = BroadcastEvents.subscribed(Set.of());

    private final MessageBuffer buffer = new MessageBuffer();

    @Test
    void evictedMessagesAreCountedWhereTheyAreMissing() {
        add("a", 0);
        assertThat(buffer.poll()).isEqualTo(message("a", 0));
        add("a", 1, MAX_EVENTS + 7);
        assertThat(pollAll()).startsWith(gap("a", 7), message("a", 8)).hasSize(1 + MAX_EVENTS);
    }

    @Test
    void eachRoomGetsItsOwnGapBeforeItsNextMessage() {
        add("a", 1);
        add("b", 1);
        add("a", 2);
        for (int i = 0; i < MAX_EVENTS - 1; i++) {
            add(i == 3 ? "a" : "c", i);
        }
        add("b", 2);

        assertThat(pollAll())
                .startsWith(message("c", 0), message("c", 1), message("c", 2), gap("a", 2), message("a", 3))
                .endsWith(gap("b", 1), message("b", 2));
    }

    @Test
    void gapOfARoomWithoutFurtherMessagesIsSentLast() {
        add("a", 1);
        add("b", 0, MAX_EVENTS);
        assertThat(pollAll()).endsWith(gap("a", 1));
    }

    @Test
    void messagesLostAfterAGapAreCountedInTheNextGap() {
        add("a", 0, MAX_EVENTS + 3);
        assertThat(buffer.poll()).isEqualTo(gap("a", 3));
        add("a", MAX_EVENTS + 3, 2);
        assertThat(buffer.poll()).isEqualTo(gap("a", 2));
        assertThat(buffer.poll()).isEqualTo(message("a", 5));
    }

    @Test
    void bytesAreBoundedToo() {
        addLarge("a", 20);
        assertThat(pollAll()).startsWith(gap("a", 4)).hasSize(1 + 16);
    }

    @Test
    void messagesAndLostCountOfARemovedRoomAreDiscarded() {
        add("a", 0);
        IntStream.range(0, MAX_EVENTS).forEach(i -> add(i % 2 == 0 ? "a" : "b", i));
        buffer.discard(Set.of("a"));
        assertThat(pollAll())
                .hasSize(MAX_EVENTS / 2)
                .allMatch(event -> event.getMessage().getRoomId().equals("b"));
        addLarge("c", 16); // the bytes of the discarded messages are free again
        assertThat(pollAll()).hasSize(16);
    }

    @Test
    void acksAndMarkersAreSentAfterAnEviction() {
        buffer.add(SUBSCRIBED);
        add("a", 0);
        buffer.add(BroadcastEvents.STALE);
        buffer.add(BroadcastEvents.RESYNCED);
        add("a", 1);
        buffer.add(BroadcastEvents.GAP);
        add("a", 2, MAX_EVENTS);

        assertThat(pollAll()).startsWith(SUBSCRIBED, BroadcastEvents.RESYNCED, gap("a", 2), message("a", 2));
    }

    @Test
    void markersAloneAreBoundedToo() {
        for (int i = 0; i < 10_000; i++) {
            buffer.add(BroadcastEvents.STALE);
            buffer.add(BroadcastEvents.RESYNCED);
        }
        assertThat(pollAll()).hasSizeLessThan(MAX_EVENTS + 2).endsWith(BroadcastEvents.RESYNCED);
    }

    @Test
    void gapAfterAGapIsNotRepeated() {
        buffer.add(BroadcastEvents.GAP);
        buffer.add(BroadcastEvents.GAP);
        assertThat(buffer.poll()).isEqualTo(BroadcastEvents.GAP);
        buffer.add(BroadcastEvents.GAP);
        assertThat(buffer.poll()).isNull();
        add("a", 0);
        buffer.add(BroadcastEvents.GAP);
        assertThat(pollAll()).containsExactly(message("a", 0), BroadcastEvents.GAP);
    }

    private void add(String room, int number) {
        buffer.add(message(room, number));
    }

    private void add(String room, int from, int count) {
        IntStream.range(from, from + count).forEach(number -> add(room, number));
    }

    private void addLarge(String room, int count) {
        ByteString payload = ByteString.copyFrom(new byte[65_536]);
        IntStream.range(0, count).forEach(i -> buffer.add(message(room, payload)));
    }

    private List<SubscribeResponse> pollAll() {
        List<SubscribeResponse> all = new ArrayList<>();
        for (SubscribeResponse next = buffer.poll(); next != null; next = buffer.poll()) {
            all.add(next);
        }
        return all;
    }

    private static SubscribeResponse message(String room, int number) {
        return message(room, ByteString.copyFromUtf8(Integer.toString(number)));
    }

    private static SubscribeResponse message(String room, ByteString payload) {
        return BroadcastEvents.message("id", new Envelope.Message(room, "alice", payload));
    }
}
