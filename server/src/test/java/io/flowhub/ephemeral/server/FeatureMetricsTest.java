package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.Scrape;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

/** What the features count: each outcome, once, whatever variant of a call had it and wherever it was decided. */
@Tag("contract")
class FeatureMetricsTest {

    private static final String SETTINGS = """
            admin.port: %d
            otp.pepper: pepper-of-the-tests-pepper-of-the-tests
            otp.max_attempts: 2
            otp.max_failed_attempts_per_hour: 2
            otp.max_issues_per_hour: 2
            rate_limit.policies:
              login: {limit: 2, window: 1m}
              "*": {limit: 1, window: 1m}
            """;

    private static final int PORT = FreePorts.next();

    private static TestServer server;

    /** Another server on the same Redis. */
    private static TestServer other;

    private static Jedis redis;

    /** Outcomes, and by how much each series of the features grows through them; no other one may. */
    private record Row(String name, Runnable calls, Map<String, Integer> growth) {
        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeAll
    static void startServers() {
        server = TestServer.withRedis(SETTINGS.formatted(PORT));
        other = TestServer.on(
                server.redis().url(), "otp: {pepper: pepper-of-the-tests-pepper-of-the-tests, resend_cooldown: 0s}");
        redis = server.redis().jedis();
    }

    @AfterAll
    static void stopServers() {
        redis.close();
        other.close();
        server.close();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void outcomesAreCountedOnce(Row row) {
        Map<String, Double> before = outcomes(PORT);
        row.calls().run();
        Map<String, Integer> expected = new TreeMap<>(row.growth());
        Eventually.soon("all is counted", () -> sum(growth(PORT, before)) >= sum(expected));
        assertThat(growth(PORT, before)).isEqualTo(expected);
        assertThat(Scrape.of(PORT).text()).as("ids, names and values").doesNotContain("zebra");
    }

    private static int sum(Map<String, Integer> growth) {
        return growth.values().stream().mapToInt(Integer::intValue).sum();
    }

    private static Map<String, Integer> growth(int port, Map<String, Double> before) {
        Map<String, Integer> growth = new TreeMap<>();
        outcomes(port).forEach((series, value) -> {
            int more = (int) (value - before.getOrDefault(series, 0.0));
            if (more != 0) {
                growth.put(series, more);
            }
        });
        return growth;
    }

    private static Map<String, Double> outcomes(int port) {
        Map<String, Double> outcomes = new TreeMap<>(Scrape.of(port).values());
        outcomes.keySet()
                .removeIf(series -> !series.matches(
                        "ephemeral_(rate|otp|session|login|feature|cache|presence|typing|broadcast)_\\w+_total.*"));
        return outcomes;
    }

    static Stream<Row> rows() {
        return Stream.of(
                new Row(
                        "decisions in Redis, of a repeated request, and of a full window that the server knows",
                        () -> {
                            check("user_id: 'zebra-1' action: 'login' request_id: 'r'");
                            check("user_id: 'zebra-1' action: 'login' request_id: 'r'");
                            check("user_id: 'zebra-1' action: 'login'");
                            check("user_id: 'zebra-1' action: 'login'");
                            check("user_id: 'zebra-1' action: 'login'");
                        },
                        Map.of(rate("login", "allowed"), 3, rate("login", "denied"), 2)),
                new Row(
                        "decisions of actions without a policy of their own",
                        () -> {
                            check("user_id: 'zebra-2' action: 'zebra'");
                            check("user_id: 'zebra-2' action: 'zebra'");
                            check("user_id: 'zebra-2' action: 'zebra-2'");
                        },
                        Map.of(rate("other", "allowed"), 2, rate("other", "denied"), 1)),
                new Row(
                        "decisions of batches",
                        () -> {
                            call(RateLimitServiceGrpc.getBatchCheckRateMethod(), """
                                    requests {user_id: 'zebra-3' action: 'login' hits: 2}
                                    requests {user_id: 'zebra-3' action: 'login'}
                                    requests {user_id: 'zebra-3' action: 'zebra'}
                                    """);
                            call(RateLimitServiceGrpc.getBatchCheckRateMethod(), """
                                    mode: BATCH_MODE_ALL_OR_NOTHING
                                    requests {user_id: 'zebra-4' action: 'login'}
                                    requests {user_id: 'zebra-3' action: 'login'}
                                    """);
                        },
                        Map.of(
                                rate("login", "allowed"), 2,
                                rate("login", "denied"), 2,
                                rate("other", "allowed"), 1)),
                new Row(
                        "codes that are issued and verified",
                        () -> {
                            IssueOtpResponse issued =
                                    call(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'zebra-1' purpose: 'zebra'");
                            call(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'zebra-1'");
                            String attempt = "user_id: 'zebra-1' purpose: 'zebra' request_id: 'zebra' challenge_id: '"
                                    + issued.getIssued().getChallengeId() + "' code: '"
                                    + issued.getIssued().getCode() + "'";
                            call(OtpServiceGrpc.getVerifyOtpMethod(), attempt);
                            call(OtpServiceGrpc.getVerifyOtpMethod(), attempt);
                            assertThat(Scrape.of(PORT).text())
                                    .doesNotContain(issued.getIssued().getChallengeId());
                        },
                        Map.of(issue("issued"), 1, issue("cooldown"), 1, verify("valid"), 2)),
                new Row(
                        "a user that guesses",
                        () -> {
                            IssueOtpResponse issued = call(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'zebra-2'");
                            String attempt = "user_id: 'zebra-2' purpose: 'wrong' challenge_id: '"
                                    + issued.getIssued().getChallengeId() + "' code: '000000'";
                            call(OtpServiceGrpc.getVerifyOtpMethod(), attempt);
                            call(OtpServiceGrpc.getVerifyOtpMethod(), attempt);
                            call(OtpServiceGrpc.getVerifyOtpMethod(), attempt);
                            call(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'zebra-2'");
                        },
                        Map.of(
                                issue("issued"), 1,
                                verify("invalid"), 1,
                                verify("no_attempts_left"), 2,
                                issue("locked"), 1)),
                new Row(
                        "a user with all codes of an hour",
                        () -> {
                            callOther(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'zebra-3'");
                            callOther(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'zebra-3'");
                            call(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'zebra-3'");
                        },
                        Map.of(issue("issue_limit"), 1)),
                new Row(
                        "session flags",
                        () -> {
                            call(
                                    SessionServiceGrpc.getSetSessionFlagMethod(),
                                    "user_id: 'zebra' flag: 'zebra' value: 'zebra'");
                            String flag = "user_id: 'zebra' flag: 'zebra'";
                            call(SessionServiceGrpc.getGetSessionFlagMethod(), flag);
                            call(SessionServiceGrpc.getConsumeSessionFlagMethod(), flag + " expected_value: 'wrong'");
                            call(SessionServiceGrpc.getConsumeSessionFlagMethod(), flag);
                            call(SessionServiceGrpc.getConsumeSessionFlagMethod(), flag);
                            call(SessionServiceGrpc.getGetSessionFlagMethod(), flag);
                            call(SessionServiceGrpc.getClearSessionFlagMethod(), flag);
                            call(SessionServiceGrpc.getSetSessionFlagMethod(), flag + " value: 'zebra'");
                            call(SessionServiceGrpc.getClearSessionFlagMethod(), flag);
                        },
                        Map.of(
                                operation("session_flags", "set", "stored"), 2,
                                operation("session_flags", "get", "found"), 1,
                                operation("session_flags", "get", "not_found"), 1,
                                operation("session_flags", "consume", "consumed"), 1,
                                operation("session_flags", "consume", "not_consumed"), 2,
                                operation("session_flags", "clear", "cleared"), 1,
                                operation("session_flags", "clear", "not_cleared"), 1)),
                new Row(
                        "login tokens",
                        () -> {
                            IssueLoginTokenResponse issued =
                                    call(TokenServiceGrpc.getIssueLoginTokenMethod(), "user_id: 'zebra'");
                            String token = "user_id: 'zebra' token: '" + issued.getToken() + "'";
                            call(TokenServiceGrpc.getVerifyLoginTokenMethod(), token);
                            call(TokenServiceGrpc.getConsumeLoginTokenMethod(), token + " request_id: 'zebra'");
                            call(TokenServiceGrpc.getConsumeLoginTokenMethod(), token + " request_id: 'zebra'");
                            call(TokenServiceGrpc.getConsumeLoginTokenMethod(), token);
                            call(TokenServiceGrpc.getVerifyLoginTokenMethod(), token);
                            call(TokenServiceGrpc.getRevokeLoginTokenMethod(), token);
                            call(TokenServiceGrpc.getIssueLoginTokenMethod(), "user_id: 'zebra'");
                            call(TokenServiceGrpc.getRevokeLoginTokenMethod(), "user_id: 'zebra'");
                            assertThat(Scrape.of(PORT).text()).doesNotContain(issued.getToken());
                        },
                        Map.of(
                                operation("login_tokens", "issue", "issued"), 2,
                                operation("login_tokens", "verify", "valid"), 1,
                                operation("login_tokens", "verify", "invalid"), 1,
                                operation("login_tokens", "consume", "consumed"), 2,
                                operation("login_tokens", "consume", "not_consumed"), 1,
                                operation("login_tokens", "revoke", "revoked"), 1,
                                operation("login_tokens", "revoke", "not_revoked"), 1)),
                new Row(
                        "feature flags, also of a batch",
                        () -> {
                            String flag = "feature: 'zebra' user_id: 'zebra'";
                            call(FeatureFlagServiceGrpc.getSetFlagMethod(), flag + " value: 'zebra'");
                            call(FeatureFlagServiceGrpc.getGetFlagMethod(), flag);
                            call(FeatureFlagServiceGrpc.getBatchGetFlagsMethod(), """
                                    requests {feature: 'zebra' user_id: 'zebra'}
                                    requests {feature: 'zebra' user_id: 'zebra-2' default_value: 'off'}
                                    """);
                            call(FeatureFlagServiceGrpc.getClearFlagMethod(), flag);
                            call(FeatureFlagServiceGrpc.getClearFlagMethod(), flag);
                        },
                        Map.of(
                                operation("feature_flags", "set", "stored"), 1,
                                operation("feature_flags", "get", "static"), 2,
                                operation("feature_flags", "get", "default"), 1,
                                operation("feature_flags", "clear", "cleared"), 1,
                                operation("feature_flags", "clear", "not_cleared"), 1)),
                new Row(
                        "a cached user that one caller loads",
                        () -> {
                            GetCachedUserResponse miss = call(CacheServiceGrpc.getGetCachedUserMethod(), "id: 'zebra'");
                            call(CacheServiceGrpc.getGetCachedUserMethod(), "id: 'zebra'");
                            call(CacheServiceGrpc.getPutCachedUserMethod(), "id: 'zebra' json: '{}' lease: 'lost'");
                            call(
                                    CacheServiceGrpc.getPutCachedUserMethod(),
                                    "id: 'zebra' json: '{}' lease: '" + miss.getLease() + "'");
                            call(CacheServiceGrpc.getGetCachedUserMethod(), "id: 'zebra'");
                            redis.pexpire("cache:user:zebra", 10_000); // past its soft age
                            call(CacheServiceGrpc.getGetCachedUserMethod(), "id: 'zebra'");
                        },
                        Map.of(
                                cache("reads", "user", "miss"), 2,
                                cache("leases", "user", "granted"), 2,
                                cache("leases", "user", "held"), 1,
                                cache("writes", "user", "lease_lost"), 1,
                                cache("writes", "user", "stored"), 1,
                                cache("reads", "user", "hit"), 1,
                                cache("reads", "user", "stale"), 1)),
                new Row(
                        "cached products of a batch",
                        () -> {
                            call(CacheServiceGrpc.getPutCachedProductMethod(), "id: 'zebra-1' negative: true");
                            call(CacheServiceGrpc.getPutCachedProductMethod(), "id: 'zebra-2' json: '{}'");
                            call(
                                    CacheServiceGrpc.getBatchGetCachedProductsMethod(),
                                    "ids: 'zebra-1' ids: 'zebra-2' ids: 'zebra-3' ids: 'zebra-2'");
                            call(CacheServiceGrpc.getGetCachedProductMethod(), "id: 'zebra-1'");
                        },
                        Map.of(
                                cache("writes", "product", "stored"), 2,
                                cache("reads", "product", "negative"), 2,
                                cache("reads", "product", "hit"), 2,
                                cache("reads", "product", "miss"), 1,
                                cache("leases", "product", "granted"), 1)),
                new Row(
                        "heartbeats, also of a stream",
                        () -> {
                            call(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: 'zebra-1'");
                            call(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: 'zebra-1' connection_id: 'zebra'");
                            heartbeats("zebra-1", "zebra-2", "zebra-3", "bad id");
                            heartbeats("zebra-2");
                        },
                        Map.of(
                                "ephemeral_presence_heartbeats_total{result=\"came_online\"}", 3,
                                "ephemeral_presence_heartbeats_total{result=\"extended\"}", 3)),
                new Row(
                        "updates of typing",
                        () -> {
                            String user = "room_id: 'zebra' user_id: 'zebra'";
                            call(TypingServiceGrpc.getSetTypingMethod(), user + " typing: true");
                            call(TypingServiceGrpc.getSetTypingMethod(), user + " typing: true");
                            callOther(TypingServiceGrpc.getSetTypingMethod(), user + " typing: true");
                            call(TypingServiceGrpc.getSetTypingMethod(), user);
                            call(TypingServiceGrpc.getSetTypingMethod(), user);
                        },
                        Map.of(
                                typing("started"), 1,
                                typing("extended"), 1,
                                typing("stopped"), 1,
                                typing("not_typing"), 1)),
                new Row(
                        "messages of both servers",
                        () -> {
                            String message = "room_id: 'zebra' sender_id: 'zebra' payload: 'zebra'";
                            call(BroadcastServiceGrpc.getPublishMethod(), message);
                            callOther(BroadcastServiceGrpc.getPublishMethod(), message);
                        },
                        Map.of("ephemeral_broadcast_published_total", 1, "ephemeral_broadcast_received_total", 2)),
                new Row(
                        "messages that did not arrive",
                        () -> {
                            publish(1);
                            publish(2);
                            publish(7);
                        },
                        Map.of("ephemeral_broadcast_received_total", 3, "ephemeral_broadcast_lost_total", 4)));
    }

    @Test
    void referenceNamesEveryOutcome() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "reference", "metrics.md"));
        outcomes(PORT)
                .keySet()
                .forEach(series -> Pattern.compile("(?:result|operation|kind)=\"(\\w+)\"")
                        .matcher(series)
                        .results()
                        .forEach(label -> assertThat(page).contains("`" + label.group(1) + "`")));
    }

    @Test
    void outcomesWithoutRedisAreCounted() {
        int port = FreePorts.next();
        try (TestServer failing = TestServer.withRedis(
                SETTINGS.formatted(port), "rate_limit.on_redis_failure: local", "redis.timeout: 200ms")) {
            Map<String, Double> before = outcomes(port);
            try (Jedis full = failing.redis().jedis()) {
                full.configSet("maxmemory", "1");
            }
            assertThatThrownBy(() -> call(failing, CacheServiceGrpc.getPutCachedUserMethod(), "id: 'zebra' json: '{}'"))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("nearly full");
            failing.redis().kill();
            for (int i = 0; i < 3; i++) {
                call(failing, RateLimitServiceGrpc.getCheckRateMethod(), "user_id: 'zebra' action: 'login'");
            }
            call(
                    failing,
                    FeatureFlagServiceGrpc.getGetFlagMethod(),
                    "feature: 'zebra' user_id: 'zebra' default_value: 'off'");
            assertThat(growth(port, before))
                    .isEqualTo(Map.of(
                            cache("writes", "user", "refused"), 1,
                            rate("login", "allowed"), 2,
                            rate("login", "denied"), 1,
                            operation("feature_flags", "get", "error"), 1));
        }
    }

    @Test
    void usersOnlineAndTheDelayOfTheirEndAreMeasured() {
        int port = FreePorts.next();
        try (TestServer presence = TestServer.withRedis("admin.port: " + port, "presence.ttl: 2s")) {
            for (String user : List.of("zebra-1", "zebra-2", "zebra-3")) {
                call(presence, PresenceServiceGrpc.getHeartbeatMethod(), "user_id: '" + user + "'");
            }
            call(presence, PresenceServiceGrpc.getSetOfflineMethod(), "user_id: 'zebra-3'");
            Eventually.soon(
                    "the users are counted", () -> Scrape.of(port).value("ephemeral_presence_users_online") == 2);
            String delay = "ephemeral_presence_offline_delay_seconds";
            Eventually.within(
                    Duration.ofSeconds(20),
                    "both users are announced",
                    () -> Scrape.of(port).value(delay + "_count") == 2);
            assertThat(Scrape.of(port).value(delay + "_sum")).isBetween(0.0, 20.0);
        }
    }

    private static void check(String request) {
        call(RateLimitServiceGrpc.getCheckRateMethod(), request);
    }

    private static String rate(String action, String outcome) {
        return "ephemeral_rate_decisions_total{action=\"" + action + "\",outcome=\"" + outcome + "\"}";
    }

    private static String issue(String result) {
        return "ephemeral_otp_issued_total{result=\"" + result + "\"}";
    }

    private static String verify(String result) {
        return "ephemeral_otp_verifications_total{result=\"" + result + "\"}";
    }

    private static String operation(String metric, String operation, String result) {
        return "ephemeral_" + metric + "_total{operation=\"" + operation + "\",result=\"" + result + "\"}";
    }

    private static String cache(String metric, String kind, String result) {
        return "ephemeral_cache_" + metric + "_total{kind=\"" + kind + "\",result=\"" + result + "\"}";
    }

    private static String typing(String result) {
        return "ephemeral_typing_updates_total{result=\"" + result + "\"}";
    }

    private static <Q, R> R call(MethodDescriptor<Q, R> method, String request) {
        return call(server, method, request);
    }

    private static <Q, R> void callOther(MethodDescriptor<Q, R> method, String request) {
        call(other, method, request);
    }

    @SuppressWarnings("unchecked")
    private static <Q, R> R call(TestServer on, MethodDescriptor<Q, R> method, String request) {
        Message none = (Message) ((PrototypeMarshaller<Q>) method.getRequestMarshaller()).getMessagePrototype();
        Message.Builder builder = none.newBuilderForType();
        try {
            TextFormat.merge(request, builder);
        } catch (TextFormat.ParseException e) {
            throw new AssertionError(request, e);
        }
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
        return ClientCalls.blockingUnaryCall(on.channel(), method, options, (Q) builder.build());
    }

    /** Sends a frame and waits for its response. */
    private static void heartbeats(String... users) {
        try (StreamReader<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream =
                StreamReader.eager(PresenceServiceGrpc.newStub(server.channel())::streamHeartbeats)) {
            stream.send(StreamHeartbeatsRequest.newBuilder()
                    .addAllUserIds(List.of(users))
                    .build());
            stream.await(Duration.ofSeconds(20), "the response", all -> all.size() == 1);
        }
    }

    /** Publishes a message as another server does. */
    private static void publish(long number) {
        PublishRequest message = PublishRequest.newBuilder()
                .setRoomId("zebra")
                .setSenderId("zebra")
                .setPayload(ByteString.copyFromUtf8("zebra"))
                .build();
        String text = Base64.getEncoder().encodeToString(message.toByteArray());
        redis.publish("ephemeral:broadcast", "another " + number + " " + text);
    }
}
