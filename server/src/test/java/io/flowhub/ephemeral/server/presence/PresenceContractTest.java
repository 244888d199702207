package io.flowhub.ephemeral.server.presence;

import static io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase.OFFLINE;
import static io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase.ONLINE;
import static io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase.SNAPSHOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnEveryTopology;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.presence.WatchPresenceReader.UserEvent;
import io.flowhub.ephemeral.v1.GetPresenceResponse;
import io.flowhub.ephemeral.v1.HeartbeatResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PresenceService on two servers, with a TTL of two seconds. */
@Tag("contract")
@OnEveryTopology
class PresenceContractTest extends TwoServersSuite {

    private static final long TTL_MILLIS = 2_000;
    private static final Duration SOON = WatchPresenceReader.SOON;

    /** The benchmark measures the documented 250 ms; here other tests use the machine too. */
    private static final Duration OFFLINE_SOON = Duration.ofMillis(TTL_MILLIS + 2_000);

    private PresenceCalls first;
    private PresenceCalls second;
    private String user;

    PresenceContractTest() {
        super("presence.ttl: " + TTL_MILLIS + "ms");
    }

    @BeforeParameterizedClassInvocation
    void connect() {
        first = new PresenceCalls(servers.first());
        second = new PresenceCalls(servers.second());
    }

    @BeforeEach
    void newUser() {
        user = UniqueIds.next();
    }

    /** The two servers in turn. */
    private PresenceCalls server(int i) {
        return i % 2 == 0 ? first : second;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "connection-"})
    void oneOf64RacingHeartbeatsBringsTheUserOnline(String prefix) throws Exception {
        IntFunction<Boolean> heartbeat = i ->
                server(i).heartbeat(user, prefix.isEmpty() ? "" : prefix + i).getCameOnline();
        assertThat(Concurrently.run(64, heartbeat)).containsOnlyOnce(true);
        assertThat(Concurrently.run(64, heartbeat)).containsOnly(false);
    }

    @Tag("latency")
    @Test
    void userIsOnlineForExactlyTheTtlAfterAHeartbeat() {
        Stopwatch stopwatch = Stopwatch.start();
        HeartbeatResponse response = first.heartbeat(user);
        assertThat(Durations.toMillis(response.getExpiresIn())).isEqualTo(TTL_MILLIS);
        assertThat(second.isOnline(user)).isTrue();
        Eventually.within(SOON, "the user is offline", () -> !second.isOnline(user));
        assertThat(stopwatch.elapsedWithPauses().toMillis()).isGreaterThanOrEqualTo(TTL_MILLIS);
        assertThat(stopwatch.elapsed().toMillis()).isLessThan(TTL_MILLIS + 1_000);
        assertThat(second.heartbeat(user).getCameOnline()).isTrue();
    }

    @Test
    void eachHeartbeatExtendsPresence() {
        long until = System.nanoTime() + Duration.ofMillis(2 * TTL_MILLIS).toNanos();
        assertThat(first.heartbeat(user).getCameOnline()).isTrue();
        for (int i = 0; System.nanoTime() < until; i++) {
            assertThat(server(i).heartbeat(user).getCameOnline()).isFalse();
        }
        assertThat(Durations.toMillis(first.get(user).getExpiresIn())).isBetween(TTL_MILLIS - 1_000, TTL_MILLIS);
    }

    /** As after the clock of Redis stepped back. */
    @Test
    void timeLeftIsAtMostTheTtl() {
        first.heartbeat(user);
        redis.pexpire("presence:" + user, 3_600_000);
        assertThat(Durations.toMillis(first.get(user).getExpiresIn())).isEqualTo(TTL_MILLIS);
        assertThat(Durations.toMillis(first.getAll(List.of(user)).get(0).getExpiresIn()))
                .isEqualTo(TTL_MILLIS);
        first.setOffline(user);
    }

    @Test
    void userIsOnlineWhileAnyConnectionIsUnderKeysThatExpireWithTheHeartbeat() {
        assertThat(first.heartbeat(user, "phone").getCameOnline()).isTrue();
        assertThat(redis.get("presence:" + user)).isEqualTo("online");
        assertThat(List.of("presence:" + user, "{presence:" + user + "}:connections"))
                .allSatisfy(key -> assertThat(redis.pttl(key)).isBetween(1L, TTL_MILLIS));
        assertThat(second.heartbeat(user, "desk").getCameOnline()).isFalse();
        assertThat(second.setOffline(user, "phone")).isFalse();
        assertThat(first.isOnline(user)).isTrue();
        assertThat(first.setOffline(user, "unused")).isFalse();
        assertThat(first.setOffline(user, "desk")).isTrue();
        assertThat(second.isOnline(user)).isFalse();
        assertThat(first.heartbeat(user, "phone").getCameOnline()).isTrue();
    }

    @Tag("latency")
    @Test
    void otherConnectionsKeepTheUserOnlineOnlyForTheirOwnTtl() {
        first.heartbeat(user, "phone");
        Stopwatch stopwatch = Stopwatch.start();
        Eventually.within(
                SOON,
                "half a second since the heartbeat of the phone",
                () -> Durations.toMillis(first.get(user).getExpiresIn()) < TTL_MILLIS - 500);
        second.heartbeat(user, "desk");
        assertThat(second.setOffline(user, "desk")).isFalse();
        assertThat(Durations.toMillis(first.get(user).getExpiresIn())).isLessThan(TTL_MILLIS - 500);
        Eventually.within(SOON, "the user is offline", () -> !first.isOnline(user));
        assertThat(stopwatch.elapsed().toMillis()).isLessThan(TTL_MILLIS + 400);
    }

    @Test
    void setOfflineWithoutAConnectionEndsAllAndHasNoEffectIfItIsRepeated() throws Exception {
        first.heartbeat(user, "phone");
        second.heartbeat(user, "desk");
        assertThat(Concurrently.run(32, i -> server(i).setOffline(user))).containsOnlyOnce(true);
        assertThat(second.isOnline(user)).isFalse();
        assertThat(first.setOffline(user)).isFalse();
        assertThat(first.setOffline(user, "phone")).isFalse();
        second.heartbeat(user, "phone");
        assertThat(second.setOffline(user, "phone")).as("the desk was removed").isTrue();
    }

    @Test
    void statesOfAThousandUsersAreInTheOrderOfTheRequest() {
        List<String> users = PresenceCalls.users(user, 1_000);
        List<String> online =
                users.stream().filter(id -> users.indexOf(id) % 3 == 0).toList();
        try (Gateway gateway = first.gateway()) {
            assertThat(gateway.exchange(online).getCameOnlineList()).containsExactlyInAnyOrderElementsOf(online);
        }
        assertThat(second.getAll(users))
                .extracting(GetPresenceResponse::getOnline, GetPresenceResponse::hasExpiresIn)
                .isEqualTo(users.stream()
                        .map(id -> tuple(online.contains(id), online.contains(id)))
                        .toList());
    }

    @Test
    void lostConnectionsAreRemovedWhenANewOneComes() {
        String connections = "{presence:" + user + "}:connections";
        for (int i = 0; i < 50; i++) {
            first.heartbeat(user, "lost-" + i);
        }
        double lastLost = redis.zscore(connections, "lost-49");
        Eventually.within(SOON, "the lost connections expire", () -> {
            second.heartbeat(user, "desk");
            return redis.zscore(connections, "desk") > lastLost + TTL_MILLIS;
        });
        AtomicInteger phones = new AtomicInteger();
        Eventually.within(SOON, "one of several new connections removes the lost ones", () -> {
            first.heartbeat(user, "phone-" + phones.incrementAndGet());
            return redis.zscore(connections, "lost-0") == null;
        });
        assertThat(redis.zrange(connections, 0, -1)).hasSize(1 + phones.get()).contains("desk");
    }

    @Test
    void noneOrMoreThanAThousandUsersAreRejected() {
        StatusAssert.invalidField("user_ids", () -> first.getAll(List.of()));
        StatusAssert.invalidField("user_ids", () -> first.getAll(PresenceCalls.users(user, 1_001)));
    }

    @Test
    void eachTransitionIsAnEventAtBothServersWithAGrowingVersionAndOtherHeartbeatsAreNone() {
        try (WatchPresenceReader here = first.watch(List.of(user));
                WatchPresenceReader there = second.watch(List.of(user))) {
            List<WatchPresenceReader> watchers = List.of(here, there); // a change that is undone unsent is no event
            first.heartbeat(user);
            watchers.forEach(watcher -> watcher.await(true, user));
            watchers.forEach(watcher -> watcher.await(OFFLINE_SOON, false, List.of(user))); // expired
            for (int i = 0; i < 20; i++) {
                server(i).heartbeat(user, i % 2 == 0 ? "" : "phone");
            }
            watchers.forEach(watcher -> watcher.awaitEvents(user, 4));
            first.setOffline(user);
            for (WatchPresenceReader watcher : watchers) {
                watcher.awaitEvents(user, 5);
                assertThat(watcher.kinds(user)).containsExactly(SNAPSHOT, ONLINE, OFFLINE, ONLINE, OFFLINE);
                assertThat(watcher.events(user))
                        .extracting(event -> event.state().getVersion())
                        .isSorted()
                        .doesNotHaveDuplicates();
                assertThat(watcher.markers()).isEmpty();
            }
        }
    }

    @Test
    void endOfAConnectionIsAnEventOnlyIfItWasTheLast() {
        try (WatchPresenceReader watcher = second.watch(List.of(user))) {
            first.heartbeat(user, "phone");
            first.heartbeat(user, "desk");
            first.setOffline(user, "phone");
            watcher.await(true, user);
            watcher.await(OFFLINE_SOON, false, List.of(user)); // the desk expired
            first.heartbeat(user, "phone");
            watcher.await(true, user);
            first.setOffline(user, "phone");
            watcher.awaitEvents(user, 5);
            assertThat(watcher.kinds(user)).containsExactly(SNAPSHOT, ONLINE, OFFLINE, ONLINE, OFFLINE);
        }
    }

    /** The stream of a gateway that sends the heartbeats of thousands of users breaks. */
    @Test
    void allUsersOfADeadGatewayAreReportedOfflineOnceAndNoneTooEarly() {
        List<String> users = PresenceCalls.users(user, 5_000);
        Map<String, Long> lastHeartbeats = new HashMap<>();
        try (WatchPresenceReader watcher = second.watch(users)) {
            try (Gateway gateway = first.gateway()) {
                gateway.heartbeat(users);
                for (int from = 0; from < users.size(); from += 1_000) { // the users do not all expire at once
                    List<String> some = users.subList(from, from + 1_000);
                    long before = redisMicros();
                    gateway.heartbeat(some);
                    some.forEach(one -> lastHeartbeats.put(one, before));
                }
            }
            watcher.await(
                    Duration.ofMillis(TTL_MILLIS + 5_000),
                    "OFFLINE of each user",
                    () -> watcher.usersOf(OFFLINE).size() >= users.size());

            assertThat(watcher.usersOf(ONLINE)).containsExactlyInAnyOrderElementsOf(users);
            assertThat(watcher.usersOf(OFFLINE)).containsExactlyInAnyOrderElementsOf(users);
            assertThat(watcher.events().filter(event -> event.kind() == OFFLINE))
                    .extracting(UserEvent::state)
                    .allMatch(state -> state.getVersion()
                            >= lastHeartbeats.getOrDefault(state.getUserId(), Long.MAX_VALUE / 2) + TTL_MILLIS * 1_000);
        }
    }
}
