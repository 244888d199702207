package io.flowhub.ephemeral.server.typing;

import static io.flowhub.ephemeral.server.typing.TypingCalls.FOR_A_MINUTE;
import static io.flowhub.ephemeral.server.typing.TypingCalls.index;
import static io.flowhub.ephemeral.server.typing.TypingCalls.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;

/** TypingService on two servers, on every kind of Redis. */
@Tag("contract")
@OnSingleAndCluster
class TypingContractTest extends TwoServersSuite {

    private static final Duration SOON = Duration.ofSeconds(5);

    private TypingCalls here;
    private TypingCalls there;
    private String room;

    @BeforeParameterizedClassInvocation
    void connect() {
        here = new TypingCalls(servers.first());
        there = new TypingCalls(servers.second());
        here.list("warm"); // the first call of a process loads classes
        there.list("warm");
    }

    @BeforeEach
    void newRoom() {
        room = UniqueIds.next();
    }

    @Test
    void typingUserIsListedAtAllServersForThreeSecondsAtMost() {
        assertThat(here.list(room)).as("an empty room").isEmpty();
        assertThat(here.start(room, "alice")).isEqualTo(3_000);
        assertThat(here.list(room)).containsExactly("alice");
        assertThat(there.list(room)).containsExactly("alice");
        assertThat(redis.get(key(room, "alice"))).isEqualTo("true");
        assertThat(redis.pttl(key(room, "alice"))).isBetween(1L, 3_000L);
        assertThat(redis.pttl(index(room))).isBetween(1L, 60_000L);
    }

    /**
     * On a Cluster adding to the index and setting the key are two steps, and the room may be listed in between. Elsewhere
     * they are one step, so a list removes an index entry without a key.
     */
    @Test
    void userThatIsIndexedButNotYetTypingStaysIndexedOnlyOnACluster() {
        redis.zadd(index(room), (double) System.currentTimeMillis(), "alice");
        redis.pexpire(index(room), 60_000);
        for (int i = 0; i < 20; i++) {
            assertThat(here.list(room)).isEmpty();
        }
        redis.set(key(room, "alice"), "true", FOR_A_MINUTE);
        assertThat(here.list(room)).isEqualTo(topology == Topology.CLUSTER ? List.of("alice") : List.of());
    }

    @Tag("latency")
    @Test
    void indicatorExpiresAfterThreeSeconds() {
        Stopwatch stopwatch = Stopwatch.start();
        here.start(room, "alice");
        Eventually.within(SOON, "the room is empty", () -> here.list(room).isEmpty());
        assertThat(stopwatch.elapsedWithPauses()).isGreaterThanOrEqualTo(Duration.ofMillis(2_999));
        assertThat(stopwatch.elapsed()).isLessThan(Duration.ofMillis(3_500));
    }

    @Test
    void extendWorksAtAnyServer() {
        here.start(room, "alice");
        for (TypingCalls server : List.of(here, there, here)) {
            redis.pexpire(key(room, "alice"), 1_000);
            assertThat(server.start(room, "alice")).isEqualTo(3_000);
            assertThat(redis.pttl(key(room, "alice"))).isBetween(1_001L, 3_000L);
        }
    }

    @Test
    void extendCostsOneCommand() {
        here.start(room, "alice");
        here.start(room, "alice"); // the first call sends the text of the script
        try (MonitorTap monitor = MonitorTap.of(topology)) {
            List<String> commands =
                    monitor.during(() -> IntStream.range(0, 10).forEach(i -> here.start(room, "alice")));
            assertThat(MonitorTap.namesOf(commands, room))
                    .filteredOn(name -> !name.equals("EVALSHA"))
                    .isEqualTo(Collections.nCopies(10, "PEXPIRE"));
        }
    }

    @Test
    void userThatStoppedAtAnotherServerIsNotListedAndMayStartAgain() {
        here.start(room, "alice");
        here.start(room, "bob");
        assertThat(there.stop(room, "alice")).isZero();
        assertThat(here.list(room)).containsExactly("bob");
        assertThat(redis.exists(key(room, "alice"))).isFalse();
        assertThat(here.start(room, "alice")).isEqualTo(3_000);
        assertThat(there.list(room)).containsExactly("alice", "bob");
    }

    @Test
    void startAndStopAreAnnouncedOnceAndNothingElseIs() {
        try (MonitorTap monitor = MonitorTap.of(topology)) {
            List<String> commands = monitor.during(() -> {
                here.stop(room, "alice");
                here.start(room, "alice");
                here.start(room, "alice");
                there.start(room, "alice");
                here.stop(room, "alice");
                there.stop(room, "alice");
            });
            assertThat(commands)
                    .filteredOn(command ->
                            command.contains("\"PUBLISH\" \"ephemeral:typing\"") && command.endsWith(" " + room + "\""))
                    .hasSize(2);
        }
    }

    @Test
    void roomsAndUsersAreKeptApart() {
        here.start(room, "b");
        here.start(room + "a", "c");
        here.start(room, "a");
        here.start(room, "ü");
        assertThat(here.list(room)).containsExactly("a", "b", "ü");
        assertThat(here.list(room + "a")).containsExactly("c");
    }

    @Test
    void listOfFiveHundredUsersMatchesTheKeys() throws Exception {
        List<String> users = IntStream.range(0, 500).mapToObj(i -> "user-" + i).toList();
        var unused = Concurrently.run(20, runner -> {
            for (String user : users.subList(25 * runner, 25 * runner + 25)) {
                // On a busy machine Redis may answer too late.
                Retry.untilAvailable(Duration.ofSeconds(30), () -> (runner % 2 == 0 ? here : there).start(room, user));
                redis.pexpire(key(room, user), 60_000); // else it may expire before it is counted
            }
            return runner;
        });
        IntStream.range(0, 500).filter(i -> i % 3 == 0).forEach(i -> redis.del(key(room, users.get(i))));
        IntStream.range(0, 500).filter(i -> i % 5 == 0).forEach(i -> there.stop(room, users.get(i)));

        List<String> existing = users.stream()
                .filter(user -> redis.exists(key(room, user)))
                .sorted()
                .toList();
        assertThat(existing).hasSizeBetween(200, 267);
        assertThat(here.list(room)).isEqualTo(existing);
        assertThat(there.list(room)).isEqualTo(existing);
    }

    @Test
    void theThousandLastIndexedUsersAreListed() {
        double now = System.currentTimeMillis();
        for (int i = 0; i < 1_010; i++) {
            redis.set(key(room, "user-" + i), "true", FOR_A_MINUTE);
            redis.zadd(index(room), now + i, "user-" + i);
        }
        redis.pexpire(index(room), 60_000);
        assertThat(here.list(room))
                .hasSize(1_000)
                .doesNotContain("user-0", "user-9")
                .contains("user-10", "user-1009");
    }

    @Test
    void expiredUserIsRemovedFromTheIndexWhenTheRoomIsListed() {
        here.start(room, "alice");
        here.start(room, "bob");
        redis.del(key(room, "alice"));
        redis.zincrby(index(room), -11_000, "alice"); // older than an entry that a start may still complete
        here.list(room);
        Eventually.within(SOON, "the user leaves the index", () -> redis.zscore(index(room), "alice") == null);
        assertThat(redis.zscore(index(room), "bob")).isNotNull();
    }

    @Test
    void userIndexedOverAMinuteAgoIsRemovedWhenAnotherStarts() {
        double now = System.currentTimeMillis();
        redis.zadd(index(room), now - 61_000, "ghost");
        redis.zadd(index(room), now - 50_000, "alice");
        redis.pexpire(index(room), 1_000);
        here.start(room, "bob");
        assertThat(redis.zrange(index(room), 0, -1)).containsExactly("alice", "bob");
        assertThat(redis.pttl(index(room))).isBetween(50_000L, 60_000L);
    }

    @Test
    void keyOfAnotherTypeIsReplaced() {
        redis.hset(key(room, "alice"), "a", "b");
        redis.pexpire(key(room, "alice"), 60_000);
        here.start(room, "alice");
        here.start(room, "alice");
        assertThat(here.list(room)).containsExactly("alice");
        assertThat(redis.pttl(key(room, "alice"))).isBetween(1L, 3_000L);
        here.stop(room, "alice");
        assertThat(here.list(room)).isEmpty();
    }

    @Test
    void indexOfAnotherTypeFailsOnlyItsRoom() {
        redis.set(index(room), "text", FOR_A_MINUTE);
        StatusAssert.rejectedByRedis(() -> here.start(room, "alice"));
        StatusAssert.rejectedByRedis(() -> here.list(room));
        assertThat(redis.exists(key(room, "alice"))).isFalse();
        String other = UniqueIds.next();
        here.start(other, "alice");
        assertThat(here.list(other)).containsExactly("alice");
    }

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
                            WatchTypingReader.SOON,
                            "alice is listed",
                            () -> stream.lists(current).contains(List.of("alice")));
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
}
