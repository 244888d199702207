package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.SetTypingResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The events of WatchTyping, on every kind of Redis. */
@Tag("contract")
@OnSingleAndCluster
class WatchTypingContractTest extends TypingSuite {

    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void firstEventIsTheListOfTheRoomEvenIfItIsEmpty() {
        String empty = UniqueIds.next();
        there.start(room, "alice");
        try (WatchTypingReader stream = here.watch(room, empty)) {
            stream.await(room, "alice");
            stream.await(empty);
        }
    }

    @Test
    void startAndStopAtAnotherServerAreSent() {
        try (WatchTypingReader stream = here.watch(room)) {
            stream.await(room);
            there.start(room, "bob");
            stream.await(room, "bob");
            there.start(room, "alice");
            stream.await(room, "alice", "bob");
            there.stop(room, "bob");
            stream.await(room, "alice");
        }
    }

    @Test
    void extendSendsNoEvent() {
        try (WatchTypingReader stream = here.watch(room)) {
            stream.await(room);
            here.start(room, "alice");
            stream.await(room, "alice");
            for (int i = 0; i < 5; i++) {
                here.start(room, "alice");
                there.start(room, "alice");
            }
            here.start(room, "bob");
            stream.await(room, "alice", "bob");
            assertThat(stream.lists(room)).containsExactly(List.of(), List.of("alice"), List.of("alice", "bob"));
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
            Eventually.within(
                    SOON, "another list of the room", () -> stream.lists(room).size() > 1);
            assertThat(stream.lists(room)).endsWith(List.of("alice"), List.of()).hasSizeLessThanOrEqualTo(3);
        }
    }

    @Test
    void startDuringTheFirstReadOfTheRoomIsSent() throws Exception {
        try (WatchTypingReader stream = here.watch()) {
            for (int round = 0; round < 10; round++) {
                List<String> rooms =
                        IntStream.range(0, 20).mapToObj(i -> UniqueIds.next()).toList();
                List<Future<SetTypingResponse>> calls = new ArrayList<>();
                for (String current : rooms) {
                    stream.add(current);
                    calls.add(there.startSoon(current, "alice"));
                }
                for (Future<SetTypingResponse> call : calls) {
                    call.get(20, TimeUnit.SECONDS);
                }
                for (String current : rooms) {
                    Eventually.within(
                            SOON,
                            "the user is listed",
                            () -> stream.lists(current).contains(List.of("alice")));
                }
            }
        }
    }

    /** Takes the median of many rooms, because a pause of the machine delays only some of them. */
    @Test
    void expiryIsSentWithinAQuarterOfASecondWithoutACall() throws Exception {
        List<String> rooms =
                IntStream.range(0, 15).mapToObj(i -> UniqueIds.next()).toList();
        try (WatchTypingReader stream = here.watch(rooms.toArray(String[]::new))) {
            rooms.forEach(stream::await);
            List<Long> ends = new ArrayList<>();
            for (String current : rooms) {
                there.start(current, "alice");
                ends.add(System.nanoTime() + Duration.ofSeconds(3).toNanos()); // at the latest
                TimeUnit.MILLISECONDS.sleep(100);
            }
            List<Long> latenessMillis = new ArrayList<>();
            for (int i = 0; i < rooms.size(); i++) {
                String current = rooms.get(i);
                Eventually.within(
                        SOON,
                        "the third list of the room",
                        () -> stream.lists(current).size() == 3);
                latenessMillis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ends.get(i)));
                assertThat(stream.lists(current)).containsExactly(List.of(), List.of("alice"), List.of());
            }
            Collections.sort(latenessMillis);
            assertThat(latenessMillis.get(rooms.size() / 2))
                    .as("lateness in ms: " + latenessMillis)
                    .isBetween(-100L, 250L);
        }
    }

    @Test
    void eachStreamReceivesOnlyItsRooms() {
        String other = UniqueIds.next();
        try (WatchTypingReader first = here.watch(room);
                WatchTypingReader second = here.watch(room, other)) {
            first.await(room);
            second.await(other);
            there.start(other, "bob");
            second.await(other, "bob");
            there.start(room, "alice");
            first.await(room, "alice");
            second.await(room, "alice");
            assertThat(first.lists(other)).isEmpty();
        }
    }

    @Test
    void newStreamReceivesTheListAndTheOthersReceiveNothing() {
        try (WatchTypingReader first = here.watch(room)) {
            first.await(room);
            there.start(room, "alice");
            first.await(room, "alice");
            try (WatchTypingReader second = here.watch(room)) {
                second.await(room, "alice");
                there.stop(room, "alice");
                first.await(room);
                assertThat(first.lists(room)).containsExactly(List.of(), List.of("alice"), List.of());
            }
        }
    }

    @Test
    void roomThatIsAddedAgainIsSentAgain() {
        try (WatchTypingReader stream = here.watch(room)) {
            stream.await(room);
            stream.add(room);
            Eventually.within(
                    SOON,
                    "the second list of the room",
                    () -> stream.lists(room).size() == 2);
        }
    }

    @Test
    void removedRoomIsNotSent() {
        String other = UniqueIds.next();
        try (WatchTypingReader stream = here.watch(room, other)) {
            stream.await(room);
            stream.await(other);
            stream.remove(room).add(other); // once its list is sent again, the removal is complete
            Eventually.within(
                    SOON,
                    "the second list of the room",
                    () -> stream.lists(other).size() == 2);
            there.start(room, "alice");
            there.start(other, "alice");
            stream.await(other, "alice");
            assertThat(stream.lists(room)).containsExactly(List.of());
            stream.add(room);
            stream.await(room, "alice");
        }
    }

    @Test
    void halfClosedStreamStillReceivesEvents() {
        try (WatchTypingReader stream = here.watch(room)) {
            stream.writer().onCompleted();
            stream.await(room);
            there.start(room, "alice");
            stream.await(room, "alice");
            assertThat(stream.reader().hasEnded()).isFalse();
        }
    }

    @Test
    void streamOf20000RoomsReceivesAllOfThem() {
        try (WatchTypingReader stream = here.watch()) {
            String last = "";
            for (int message = 0; message < 20; message++) {
                String[] rooms = IntStream.range(0, 1_000)
                        .mapToObj(i -> UniqueIds.next())
                        .toArray(String[]::new);
                stream.add(rooms);
                last = rooms[999];
            }
            String lastOfAll = last;
            Eventually.within(
                    Duration.ofSeconds(30),
                    "a list of each of the 20,000 rooms",
                    () -> stream.reader().all().size() == 20_000);
            there.start(lastOfAll, "alice");
            stream.await(lastOfAll, "alice");
        }
    }
}
