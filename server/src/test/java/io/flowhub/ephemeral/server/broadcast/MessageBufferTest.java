package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastResynced;
import io.flowhub.ephemeral.v1.BroadcastStale;
import io.flowhub.ephemeral.v1.BroadcastSubscribed;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A slow reader loses the oldest messages, and a gap event counts them per room. */
class MessageBufferTest {

    private static final SubscribeResponse GAP = SubscribeResponse.newBuilder()
            .setGap(BroadcastGap.getDefaultInstance())
            .build();
    private static final SubscribeResponse STALE = SubscribeResponse.newBuilder()
            .setStale(BroadcastStale.getDefaultInstance())
            .build();
    private static final SubscribeResponse RESYNCED = SubscribeResponse.newBuilder()
            .setResynced(BroadcastResynced.getDefaultInstance())
            .build();
    private static final SubscribeResponse SUBSCRIBED = SubscribeResponse.newBuilder()
            .setSubscribed(BroadcastSubscribed.getDefaultInstance())
            .build();

    private final MessageBuffer buffer = new MessageBuffer();

    @Test
    void oldestMakeRoomAndAreCountedWhereTheyAreMissing() {
        add("a", 0);
        assertThat(buffer.poll()).isEqualTo(message("a", 0));
        for (int i = 1; i <= MessageBuffer.MAX_WAITING + 7; i++) {
            add("a", i);
        }
        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.get(0)).isEqualTo(lost("a", 7));
        assertThat(rest.get(1)).isEqualTo(message("a", 8));
        assertThat(rest).hasSize(1 + MessageBuffer.MAX_WAITING);
    }

    @Test
    void eachRoomGetsItsOwnGapBeforeItsNextMessage() {
        add("a", 1);
        add("b", 1);
        add("a", 2);
        for (int i = 0; i < MessageBuffer.MAX_WAITING - 1; i++) {
            add(i == 3 ? "a" : "c", i);
        }
        add("b", 2);

        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.subList(0, 4)).containsExactly(message("c", 0), message("c", 1), message("c", 2), lost("a", 2));
        assertThat(rest.get(4)).isEqualTo(message("a", 3));
        assertThat(rest.subList(rest.size() - 2, rest.size())).containsExactly(lost("b", 1), message("b", 2));
    }

    @Test
    void gapReachesACaughtUpReaderOfASilentRoom() {
        add("a", 1);
        IntStream.range(0, MessageBuffer.MAX_WAITING).forEach(i -> add("b", i));
        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.get(rest.size() - 1)).isEqualTo(lost("a", 1));
    }

    @Test
    void messagesLostAfterAGapAreCountedInTheNextGap() {
        IntStream.range(0, MessageBuffer.MAX_WAITING + 3).forEach(i -> add("a", i));
        assertThat(buffer.poll()).isEqualTo(lost("a", 3));
        IntStream.range(0, 2).forEach(i -> add("a", MessageBuffer.MAX_WAITING + 3 + i));
        assertThat(buffer.poll()).isEqualTo(lost("a", 2));
        assertThat(buffer.poll()).isEqualTo(message("a", 5));
    }

    @Test
    void bytesAreBoundedToo() {
        for (int i = 0; i < 20; i++) {
            buffer.add(SubscribeResponse.newBuilder()
                    .setMessage(BroadcastMessage.newBuilder()
                            .setRoomId("a")
                            .setPayload(ByteString.copyFrom(new byte[65_536])))
                    .build());
        }
        List<SubscribeResponse> rest = pollAll();
        assertThat(rest.get(0)).isEqualTo(lost("a", 4));
        assertThat(rest).hasSize(1 + 16);
    }

    @Test
    void removedRoomIsForgottenWithWhatItLost() {
        add("a", 0);
        IntStream.range(0, MessageBuffer.MAX_WAITING).forEach(i -> add(i % 2 == 0 ? "a" : "b", i));
        buffer.forget(Set.of("a"));
        assertThat(pollAll())
                .hasSize(MessageBuffer.MAX_WAITING / 2)
                .allMatch(told -> told.getMessage().getRoomId().equals("b"));
        for (int i = 0; i < 16; i++) { // the bytes of those forgotten are free
            buffer.add(SubscribeResponse.newBuilder()
                    .setMessage(BroadcastMessage.newBuilder()
                            .setRoomId("c")
                            .setPayload(ByteString.copyFrom(new byte[65_536])))
                    .build());
        }
        assertThat(pollAll()).hasSize(16);
    }

    @Test
    void acksAndMarkersAreSentAfterAnEviction() {
        buffer.add(SUBSCRIBED);
        add("a", 0);
        buffer.add(STALE);
        buffer.add(RESYNCED);
        add("a", 1);
        buffer.add(GAP);
        IntStream.range(0, MessageBuffer.MAX_WAITING).forEach(i -> add("a", 2 + i));

        assertThat(pollAll().subList(0, 4)).containsExactly(SUBSCRIBED, RESYNCED, lost("a", 2), message("a", 2));
    }

    @Test
    void markersAloneAreBoundedToo() {
        for (int i = 0; i < 10_000; i++) {
            buffer.add(STALE);
            buffer.add(RESYNCED);
        }
        assertThat(pollAll()).hasSizeLessThan(MessageBuffer.MAX_WAITING + 2).endsWith(RESYNCED);
    }

    @Test
    void gapAfterAGapIsNotRepeated() {
        buffer.add(GAP);
        buffer.add(GAP);
        assertThat(buffer.poll()).isEqualTo(GAP);
        buffer.add(GAP);
        assertThat(buffer.poll()).isNull();
        add("a", 0);
        buffer.add(GAP);
        assertThat(pollAll()).containsExactly(message("a", 0), GAP);
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
        return SubscribeResponse.newBuilder()
                .setMessage(BroadcastMessage.newBuilder()
                        .setRoomId(room)
                        .setPayload(ByteString.copyFromUtf8(Integer.toString(number))))
                .build();
    }

    private static SubscribeResponse lost(String room, long count) {
        return SubscribeResponse.newBuilder()
                .setGap(BroadcastGap.newBuilder().setRoomId(room).setLost(count))
                .build();
    }
}
