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
import org.junit.jupiter.api.Test;

/** The events of WatchTyping. */
@OnSingleAndCluster
class WatchTypingContractTest extends TypingSuite {

    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void firstEventIsTheListOfTheRoomEvenIfEmpty() {
        String empty = UniqueIds.next();
        there.start(room, "alice");
        try (WatchTypingReader watching = here.watch(room, empty)) {
            watching.await(room, "alice");
            watching.await(empty);
        }
    }

    @Test
    void startAndStopAtAnotherServerAreSent() {
        try (WatchTypingReader watching = here.watch(room)) {
            watching.await(room);
            there.start(room, "bob");
            watching.await(room, "bob");
            there.start(room, "alice");
            watching.await(room, "alice", "bob");
            there.stop(room, "bob");
            watching.await(room, "alice");
        }
    }

    @Test
    void refreshIsNoEvent() {
        try (WatchTypingReader watching = here.watch(room)) {
            watching.await(room);
            here.start(room, "alice");
            watching.await(room, "alice");
            for (int i = 0; i < 5; i++) {
                here.start(room, "alice");
                there.start(room, "alice");
            }
            here.start(room, "bob");
            watching.await(room, "alice", "bob");
            assertThat(watching.lists(room)).containsExactly(List.of(), List.of("alice"), List.of("alice", "bob"));
        }
    }

    @Test
    void userThatKeepsTypingIsNotReportedStopped() throws Exception {
        try (WatchTypingReader watching = here.watch(room)) {
            for (int i = 0; i < 8; i++) {
                there.start(room, "alice");
                TimeUnit.MILLISECONDS.sleep(500);
            }
            there.stop(room, "alice");
            watching.await(room);
            Eventually.within(
                    SOON, "another list of the room", () -> watching.lists(room).size() > 1);
            assertThat(watching.lists(room))
                    .endsWith(List.of("alice"), List.of())
                    .hasSizeLessThanOrEqualTo(3);
        }
    }

    @Test
    void startDuringTheFirstReadOfTheRoomIsSent() throws Exception {
        try (WatchTypingReader watching = here.watch()) {
            for (int round = 0; round < 10; round++) {
                List<String> rooms =
                        IntStream.range(0, 20).mapToObj(i -> UniqueIds.next()).toList();
                List<Future<SetTypingResponse>> calls = new ArrayList<>();
                for (String one : rooms) {
                    watching.add(one);
                    calls.add(there.startSoon(one, "alice"));
                }
                for (Future<SetTypingResponse> call : calls) {
                    call.get(20, TimeUnit.SECONDS);
                }
                for (String one : rooms) {
                    Eventually.within(
                            SOON,
                            "the user is listed",
                            () -> watching.lists(one).contains(List.of("alice")));
                }
            }
        }
    }

    /** In many rooms, one after the other: a pause of the machine delays some of them, and no more. */
    @Test
    void expiryIsSentWithinAQuarterOfASecondWithoutACall() throws Exception {
        List<String> rooms =
                IntStream.range(0, 15).mapToObj(i -> UniqueIds.next()).toList();
        try (WatchTypingReader watching = here.watch(rooms.toArray(String[]::new))) {
            rooms.forEach(watching::await);
            List<Long> ends = new ArrayList<>();
            for (String one : rooms) {
                there.start(one, "alice");
                ends.add(System.nanoTime() + Duration.ofSeconds(3).toNanos()); // or a little earlier
                TimeUnit.MILLISECONDS.sleep(100);
            }
            List<Long> lateMillis = new ArrayList<>();
            for (int i = 0; i < rooms.size(); i++) {
                String one = rooms.get(i);
                Eventually.within(
                        SOON, "3 lists of the room", () -> watching.lists(one).size() == 3);
                lateMillis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ends.get(i)));
                assertThat(watching.lists(one)).containsExactly(List.of(), List.of("alice"), List.of());
            }
            Collections.sort(lateMillis);
            assertThat(lateMillis.get(rooms.size() / 2))
                    .as("ms late: " + lateMillis)
                    .isBetween(-100L, 250L);
        }
    }

    @Test
    void eachWatcherGetsOnlyItsRooms() {
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
    void laterWatcherGetsTheListAndTheOthersNothing() {
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
        try (WatchTypingReader watching = here.watch(room)) {
            watching.await(room);
            watching.add(room);
            Eventually.within(
                    SOON, "2 lists of the room", () -> watching.lists(room).size() == 2);
        }
    }

    @Test
    void removedRoomIsNotSent() {
        String other = UniqueIds.next();
        try (WatchTypingReader watching = here.watch(room, other)) {
            watching.await(room);
            watching.await(other);
            watching.remove(room).add(other); // once that is told again, the removal is through
            Eventually.within(
                    SOON, "2 lists of the room", () -> watching.lists(other).size() == 2);
            there.start(room, "alice");
            there.start(other, "alice");
            watching.await(other, "alice");
            assertThat(watching.lists(room)).containsExactly(List.of());
            watching.add(room);
            watching.await(room, "alice");
        }
    }

    @Test
    void watcherThatHalfClosesStillGetsEvents() {
        try (WatchTypingReader watching = here.watch(room)) {
            watching.writer().onCompleted();
            watching.await(room);
            there.start(room, "alice");
            watching.await(room, "alice");
            assertThat(watching.reader().hasEnded()).isFalse();
        }
    }

    @Test
    void twentyThousandRoomsMayBeWatched() {
        try (WatchTypingReader watching = here.watch()) {
            String last = "";
            for (int message = 0; message < 20; message++) {
                String[] rooms = IntStream.range(0, 1_000)
                        .mapToObj(i -> UniqueIds.next())
                        .toArray(String[]::new);
                watching.add(rooms);
                last = rooms[999];
            }
            String lastOfAll = last;
            Eventually.within(
                    Duration.ofSeconds(30),
                    "a list of each of the 20,000 rooms",
                    () -> watching.reader().all().size() == 20_000);
            there.start(lastOfAll, "alice");
            watching.await(lastOfAll, "alice");
        }
    }
}
