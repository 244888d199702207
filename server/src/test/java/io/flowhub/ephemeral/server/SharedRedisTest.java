package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers on two databases of one Redis, or with two prefixes, do not affect each other. */
@Tag("contract")
class SharedRedisTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static final List<MethodDescriptor<?, ?>> STREAMS = List.of(
            PresenceServiceGrpc.getWatchPresenceMethod(),
            TypingServiceGrpc.getWatchTypingMethod(),
            BroadcastServiceGrpc.getSubscribeMethod());

    /** Of each kind of state: a call that writes it, and one whose answer depends on it. */
    private static final List<State> STATES = List.of(
            state(
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    "user_id: '$' action: 'a'",
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    "user_id: '$' action: 'a'"),
            state(
                    OtpServiceGrpc.getIssueOtpMethod(),
                    "user_id: '$'",
                    OtpServiceGrpc.getIssueOtpMethod(),
                    "user_id: '$'"),
            state(
                    TokenServiceGrpc.getIssueLoginTokenMethod(),
                    "user_id: '$'",
                    TokenServiceGrpc.getRevokeLoginTokenMethod(),
                    "user_id: '$'"),
            state(
                    SessionServiceGrpc.getSetSessionFlagMethod(),
                    "user_id: '$' flag: 'f' value: 'v'",
                    SessionServiceGrpc.getGetSessionFlagMethod(),
                    "user_id: '$' flag: 'f'"),
            state(
                    FeatureFlagServiceGrpc.getSetFlagMethod(),
                    "feature: 'f' user_id: '$' value: 'v'",
                    FeatureFlagServiceGrpc.getGetFlagMethod(),
                    "feature: 'f' user_id: '$'"),
            state(
                    CacheServiceGrpc.getPutCachedUserMethod(),
                    "id: '$' json: '{}'",
                    CacheServiceGrpc.getGetCachedUserMethod(),
                    "id: '$'"),
            state(
                    CacheServiceGrpc.getPutCachedProductMethod(),
                    "id: '$' json: '{}'",
                    CacheServiceGrpc.getGetCachedProductMethod(),
                    "id: '$'"),
            state(
                    PresenceServiceGrpc.getHeartbeatMethod(),
                    "user_id: '$'",
                    PresenceServiceGrpc.getGetPresenceMethod(),
                    "user_id: '$'"),
            state(
                    TypingServiceGrpc.getSetTypingMethod(),
                    "room_id: '$' user_id: 'u' typing: true",
                    TypingServiceGrpc.getListTypingMethod(),
                    "room_id: '$'"));

    private final String id = UniqueIds.next();

    private record State(MethodDescriptor<?, ?> write, String written, MethodDescriptor<?, ?> read, String asked) {}

    private static State state(
            MethodDescriptor<?, ?> write, String written, MethodDescriptor<?, ?> read, String asked) {
        return new State(write, written, read, asked);
    }

    /** How two servers are kept apart. */
    enum Separation {
        DATABASES("redis.url: %s/0", "redis.url: %s/1"),
        PREFIXES("redis.url: %s\nredis.prefix: one", "redis.url: %s\nredis.prefix: two"),
        ONE_PREFIX("redis.url: %s", "redis.url: %s\nredis.prefix: two");

        private final String first;
        private final String second;

        Separation(String first, String second) {
            this.first = first;
            this.second = second;
        }
    }

    @ParameterizedTest
    @EnumSource
    void serversOfOneRedisDoNotAffectEachOther(Separation separation) {
        try (RedisProcess redis = RedisProcess.start();
                TestServer first = server(separation.first.formatted(redis.url()));
                TestServer second = server(separation.second.formatted(redis.url()))) {
            assertSeparate(first, second);
        }
    }

    @ParameterizedTest
    @EnumSource(names = "PREFIXES")
    void serversOfOneClusterDoNotAffectEachOther(Separation separation) {
        try (RedisCluster cluster = RedisCluster.start();
                TestServer first = server(cluster.yaml() + separation.first.replace("redis.url: %s", ""));
                TestServer second = server(cluster.yaml() + separation.second.replace("redis.url: %s", ""))) {
            assertSeparate(first, second);
        }
    }

    /** The servers drop the window that they cached under the name without the prefix. */
    @Test
    void resetOfALimitIsAnnouncedToTheServersWithTheSamePrefix() {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = server("redis.prefix: one\nredis.url: " + redis.url());
                MonitorTap tap = MonitorTap.of(redis)) {
            List<String> commands = tap.during(() -> new RpcCaller(server.channel())
                    .call(RateLimitServiceGrpc.getResetRateMethod(), id, "user_id: '$' action: 'a'"));

            assertThat(commands)
                    .anyMatch(command ->
                            command.endsWith("\"PUBLISH\" \"one:{ephemeral:rate}\" \"rate:%s:a\"".formatted(id)));
        }
    }

    private static TestServer server(String yaml) {
        return TestServer.start(yaml + RpcCatalog.SETTINGS);
    }

    private void assertSeparate(TestServer first, TestServer second) {
        RpcCaller here = new RpcCaller(first.channel());
        RpcCaller there = new RpcCaller(second.channel());
        SoftAssertions.assertSoftly(softly -> STATES.forEach(state -> assertStateStays(state, here, there, softly)));
        assertEventsStay(here, there);
    }

    private void assertStateStays(State state, RpcCaller here, RpcCaller there, SoftAssertions softly) {
        String without = answer(there, state, id + "-none");
        var unused = here.call(state.write(), id, state.written());
        String name = state.read().getFullMethodName();
        softly.assertThat(answer(here, state, id)).as(name + " here").isNotEqualTo(without);
        softly.assertThat(answer(there, state, id)).as(name + " there").isEqualTo(without);
    }

    /** What the RPC answers, without times and random texts; the text of a message has no line for nanos of zero. */
    private static String answer(RpcCaller caller, State state, String id) {
        try {
            return caller.call(state.read(), id, state.asked())
                    .toString()
                    .replace(id, "")
                    .replaceAll("\\s*(seconds|nanos): \\d+|\\s*(lease|code|challenge_id): \".*\"", "");
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode().toString();
        }
    }

    private void assertEventsStay(RpcCaller here, RpcCaller there) {
        List<OpenStream> open =
                STREAMS.stream().map(method -> watch(there, method)).toList();

        act(here);
        act(there);

        for (OpenStream stream : open) {
            stream.reader().awaitFirst(SOON, event -> isChange(event));
            assertThat(stream.reader().only(SharedRedisTest::isChange))
                    .as(stream.rpc().toString())
                    .hasSize(1);
            stream.close();
        }
    }

    private OpenStream watch(RpcCaller caller, MethodDescriptor<?, ?> method) {
        var rpc = RpcCatalog.streams().stream()
                .filter(each -> each.method() == method)
                .findFirst()
                .orElseThrow();
        OpenStream stream = caller.open(rpc).send(rpc.validRequest("event-" + id));
        stream.reader().awaitFirst(SOON, event -> true);
        return stream;
    }

    private void act(RpcCaller caller) {
        String user = "event-" + id;
        var unused = caller.call(PresenceServiceGrpc.getHeartbeatMethod(), user, "user_id: '$'");
        caller.call(TypingServiceGrpc.getSetTypingMethod(), user, "room_id: '$' user_id: '$' typing: true");
        PublishResponse response =
                caller.call(BroadcastServiceGrpc.getPublishMethod(), user, "room_id: '$' sender_id: '$'");
        assertThat(response.getServers()).isEqualTo(1);
    }

    private static boolean isChange(Message event) {
        String text = event.toString();
        return text.startsWith("online") || text.contains("user_ids") || text.startsWith("message");
    }
}
