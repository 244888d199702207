package io.flowhub.ephemeral.server.typing;

import static io.flowhub.ephemeral.server.typing.WatchTypingReader.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The events of WatchTyping, on every kind of Redis. */
@Tag("contract")
@OnSingleAndCluster
class WatchTypingContractTest extends TypingSuite {

    @Test
    void startAndStopAtAnotherServerAreSentAndExtendSendsNoEvent() {
        try (WatchTypingReader stream = here.watch(room)) {
            stream.await(room);
            there.start(room, "bob");
            stream.await(room, "bob");
            for (int i = 0; i < 5; i++) {
                here.start(room, "bob");
                there.start(room, "bob");
            }
            there.start(room, "alice");
            stream.await(room, "alice", "bob");
            there.stop(room, "bob");
            stream.await(room, "alice");
            assertThat(stream.lists(room))
                    .containsExactly(List.of(), List.of("bob"), List.of("alice", "bob"), List.of("alice"));
        }
    }

    @Test
    void userThatKeepsTypingIsNotReportedStopped() throws Exception {
        try (WatchTypingReader stream = here.watch(room)) {
            for (int i = 0; i < 8; i++) {
                there.start(room, "alice");
                TimeUnit.MILLISECONDS.sleep(500);
            }
            there.stop(room, "alice");
            stream.await(room);
            stream.awaitLists(room, 2);
            assertThat(stream.lists(room)).endsWith(List.of("alice"), List.of()).hasSizeLessThanOrEqualTo(3);
        }
    }

    @Test
    void startDuringTheFirstReadOfTheRoomIsSent() {
        try (WatchTypingReader stream = here.watch()) {
            for (int round = 0; round < 10; round++) {
                List<String> rooms = UniqueIds.next(20);
                for (String current : rooms) {
                    stream.add(List.of(current));
                    there.startAsync(current, "alice");
                }
                for (String current : rooms) {
                    stream.await(
                            SOON, "alice is listed", () -> stream.lists(current).contains(List.of("alice")));
                }
            }
        }
    }

    /** Takes the median of many rooms, because a pause of the machine delays only some of them. */
    @Tag("latency")
    @Test
    void expiryIsSentWithinAQuarterOfASecondWithoutACall() throws Exception {
        List<String> rooms = UniqueIds.next(15);
        try (WatchTypingReader stream = here.watch().add(rooms)) {
            rooms.forEach(stream::await);
            List<Long> ends = new ArrayList<>();
            for (String current : rooms) {
                there.start(current, "alice");
                ends.add(System.nanoTime() + Duration.ofSeconds(3).toNanos()); // at the latest
                TimeUnit.MILLISECONDS.sleep(100);
            }
            List<Long> latenessMillis = new ArrayList<>();
            for (int i = 0; i < rooms.size(); i++) {
                stream.awaitLists(rooms.get(i), 3);
                latenessMillis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ends.get(i)));
                assertThat(stream.lists(rooms.get(i))).containsExactly(List.of(), List.of("alice"), List.of());
            }
            Collections.sort(latenessMillis);
            assertThat(latenessMillis.get(rooms.size() / 2))
                    .as("lateness in ms: " + latenessMillis)
                    .isBetween(-100L, 250L);
        }
    }

    @Test
    void eachStreamReceivesTheListsOfItsRoomsAndThenTheirChanges() {
        String other = UniqueIds.next();
        try (WatchTypingReader first = here.watch(room)) {
            first.await(room);
            there.start(room, "alice");
            first.await(room, "alice");
            try (WatchTypingReader second = here.watch(room, other)) {
                second.await(room, "alice");
                second.await(other);
                there.start(other, "bob");
                second.await(other, "bob");
                there.stop(room, "alice");
                first.await(room);
                second.await(room);
                assertThat(first.lists(room)).containsExactly(List.of(), List.of("alice"), List.of());
                assertThat(first.lists(other)).isEmpty();
            }
        }
    }

    @Test
    void removedRoomIsNotSentAndARoomThatIsAddedAgainIs() {
        String other = UniqueIds.next();
        try (WatchTypingReader stream = here.watch(room, other)) {
            stream.await(room);
            stream.await(other);
            stream.remove(room);
            stream.add(List.of(other)).awaitLists(other, 2); // the removal is complete
            there.start(room, "alice");
            there.start(other, "alice");
            stream.await(other, "alice");
            assertThat(stream.lists(room)).containsExactly(List.of());
            stream.add(List.of(room)).await(room, "alice");
        }
    }

    @Test
    void halfClosedStreamStillReceivesEvents() {
        try (WatchTypingReader stream = here.watch(room)) {
            stream.halfClose();
            stream.await(room);
            there.start(room, "alice");
            stream.await(room, "alice");
            assertThat(stream.hasEnded()).isFalse();
        }
    }

    @Test
    void streamOf20000RoomsReceivesAllOfThem() {
        try (WatchTypingReader stream = here.watch()) {
            List<String> rooms = UniqueIds.next(20_000);
            for (int from = 0; from < 20_000; from += 1_000) {
                stream.add(rooms.subList(from, from + 1_000));
            }
            stream.await(
                    Duration.ofSeconds(30), "20,000 lists", () -> stream.all().size() == 20_000);
            there.start(rooms.get(19_999), "alice");
            stream.await(rooms.get(19_999), "alice");
        }
    }
}
