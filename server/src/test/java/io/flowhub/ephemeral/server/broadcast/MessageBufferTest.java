package io.flowhub.ephemeral.server.broadcast;

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
        for (int i = 1; i <= MessageBuffer.MAX_EVENTS + 7; i++) {
            add("a", i);
        }
        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.get(0)).isEqualTo(BroadcastEvents.gap("a", 7));
        assertThat(rest.get(1)).isEqualTo(message("a", 8));
        assertThat(rest).hasSize(1 + MessageBuffer.MAX_EVENTS);
    }

    @Test
    void eachRoomGetsItsOwnGapBeforeItsNextMessage() {
        add("a", 1);
        add("b", 1);
        add("a", 2);
        for (int i = 0; i < MessageBuffer.MAX_EVENTS - 1; i++) {
            add(i == 3 ? "a" : "c", i);
        }
        add("b", 2);

        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.subList(0, 4))
                .containsExactly(message("c", 0), message("c", 1), message("c", 2), BroadcastEvents.gap("a", 2));
        assertThat(rest.get(4)).isEqualTo(message("a", 3));
        assertThat(rest.subList(rest.size() - 2, rest.size()))
                .containsExactly(BroadcastEvents.gap("b", 1), message("b", 2));
    }

    @Test
    void gapOfARoomWithoutFurtherMessagesIsSentLast() {
        add("a", 1);
        IntStream.range(0, MessageBuffer.MAX_EVENTS).forEach(i -> add("b", i));
        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.get(rest.size() - 1)).isEqualTo(BroadcastEvents.gap("a", 1));
    }

    @Test
    void messagesLostAfterAGapAreCountedInTheNextGap() {
        IntStream.range(0, MessageBuffer.MAX_EVENTS + 3).forEach(i -> add("a", i));
        assertThat(buffer.poll()).isEqualTo(BroadcastEvents.gap("a", 3));
        IntStream.range(0, 2).forEach(i -> add("a", MessageBuffer.MAX_EVENTS + 3 + i));
        assertThat(buffer.poll()).isEqualTo(BroadcastEvents.gap("a", 2));
        assertThat(buffer.poll()).isEqualTo(message("a", 5));
    }

    @Test
    void bytesAreBoundedToo() {
        for (int i = 0; i < 20; i++) {
            buffer.add(message("a", ByteString.copyFrom(new byte[65_536])));
        }
        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.get(0)).isEqualTo(BroadcastEvents.gap("a", 4));
        assertThat(rest).hasSize(1 + 16);
    }

    @Test
    void messagesAndLostCountOfARemovedRoomAreDiscarded() {
        add("a", 0);
        IntStream.range(0, MessageBuffer.MAX_EVENTS).forEach(i -> add(i % 2 == 0 ? "a" : "b", i));
        buffer.discard(Set.of("a"));
        assertThat(pollAll())
                .hasSize(MessageBuffer.MAX_EVENTS / 2)
                .allMatch(event -> event.getMessage().getRoomId().equals("b"));
        for (int i = 0; i < 16; i++) { // the bytes of the discarded messages are free again
            buffer.add(message("c", ByteString.copyFrom(new byte[65_536])));
        }
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
        IntStream.range(0, MessageBuffer.MAX_EVENTS).forEach(i -> add("a", 2 + i));

        assertThat(pollAll().subList(0, 4))
                .containsExactly(SUBSCRIBED, BroadcastEvents.RESYNCED, BroadcastEvents.gap("a", 2), message("a", 2));
    }

    @Test
    void markersAloneAreBoundedToo() {
        for (int i = 0; i < 10_000; i++) {
            buffer.add(BroadcastEvents.STALE);
            buffer.add(BroadcastEvents.RESYNCED);
        }
        assertThat(pollAll()).hasSizeLessThan(MessageBuffer.MAX_EVENTS + 2).endsWith(BroadcastEvents.RESYNCED);
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
        return BroadcastEvents.message(new Envelope.Message(room, "alice", payload));
    }
}
