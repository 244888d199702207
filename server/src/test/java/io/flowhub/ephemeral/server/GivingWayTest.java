package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/**
 * While Redis, or one master of a Cluster, fills up, new state is rejected class by class; limits, codes and what is stored
 * go on.
 */
@Tag("contract")
@ParameterizedClass(name = "{0}")
@EnumSource(
        value = Topology.class,
        names = {"SINGLE", "CLUSTER"})
class GivingWayTest {

    private static final long MAX = 60L << 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final String SETTINGS =
            "otp.pepper: pepper-of-the-tests-pepper-of-the-tests\npresence.ttl: 60s\nredis.timeout: 500ms";

    /** Keys of the master that fills up. The other two of a Cluster are nearly empty. */
    private final Iterator<String> fillers =
            RedisCluster.keysOf(0, "filled:%d", 2_000).iterator();

    /** A user whose rate limit is on that master. */
    private final String another =
            RedisCluster.keysOf(0, "rate:another%d:api_hits", 1).get(0).replaceAll("rate:|:api_hits", "");

    private final AutoCloseable masters;

    @AutoClose
    private final Jedis redis;

    @AutoClose
    private final TestServer server;

    private final RpcCaller caller;

    private int users;
    private @Nullable StatusRuntimeException failure;

    GivingWayTest(Topology topology) {
        if (topology == Topology.CLUSTER) {
            RedisCluster cluster = RedisCluster.start();
            masters = cluster;
            cluster.masters().forEach(GivingWayTest::limitMemory);
            redis = cluster.masters().get(0).jedis();
            server = TestServer.start(cluster.yaml() + "\n" + SETTINGS);
        } else {
            RedisProcess process = RedisProcess.start();
            masters = process;
            limitMemory(process);
            redis = process.jedis();
            server = TestServer.on(process.url(), SETTINGS);
        }
        caller = new RpcCaller(server.channel());
    }

    @AfterEach
    void stop() throws Exception {
        masters.close();
    }

    private static void limitMemory(RedisProcess master) {
        try (Jedis jedis = master.jedis()) {
            jedis.configSet("maxmemory", Long.toString(MAX));
        }
    }

    @Test
    void classesOfStateGiveWayInOrder() {
        call(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: 'online'");
        call(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: 'connected' connection_id: 'c'");
        call(SessionServiceGrpc.getSetSessionFlagMethod(), "user_id: 'u' flag: 'f' value: '1'");
        assertStored("cache", "presence", "flags");

        fill(0.91);
        awaitRejected("cache");
        assertStored("presence", "flags");

        fill(0.94);
        awaitRejected("presence");
        assertRejected("cache");
        assertStored("flags");
        assertBudgetFull(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: 'connected' connection_id: 'another'");
        assertBudgetFull(TypingServiceGrpc.getSetTypingMethod(), "room_id: 'r' user_id: 'new' typing: true");
        assertExistingGoesOn();

        fill(0.97);
        awaitRejected("flags");
        assertRejected("cache");
        assertRejected("presence");
        assertBudgetFull(TokenServiceGrpc.getIssueLoginTokenMethod(), "user_id: 'new'");
        assertBudgetFull(FeatureFlagServiceGrpc.getSetFlagMethod(), "feature: 'f' user_id: 'new' value: '1'");
        assertExistingGoesOn();
        call(RateLimitServiceGrpc.getCheckRateMethod(), "user_id: 'new' action: 'api_hits'");
        call(OtpServiceGrpc.getIssueOtpMethod(), "user_id: 'new'");
        call(OtpServiceGrpc.getVerifyOtpMethod(), "user_id: 'new' code: '000000'");

        redis.configSet("maxmemory", Long.toString(used())); // nothing can be stored at all
        assertBudgetFull(RateLimitServiceGrpc.getCheckRateMethod(), "user_id: '" + another + "' action: 'api_hits'");
        assertExistingGoesOn();
        call(SessionServiceGrpc.getConsumeSessionFlagMethod(), "user_id: 'u' flag: 'f'");
        call(PresenceServiceGrpc.getSetOfflineMethod(), "user_id: 'online'");
    }

    private void assertExistingGoesOn() {
        call(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: 'online'");
        call(PresenceServiceGrpc.getHeartbeatMethod(), "user_id: 'connected' connection_id: 'c'");
        call(SessionServiceGrpc.getGetSessionFlagMethod(), "user_id: 'u' flag: 'f'");
    }

    private void assertStored(String... classes) {
        for (String each : classes) {
            assertThat(isRejected(each)).as(each).isFalse();
        }
    }

    private void assertRejected(String state) {
        assertThat(isRejected(state)).as(state).isTrue();
    }

    private void awaitRejected(String state) {
        Eventually.within(TIMEOUT, state + " is rejected", () -> isRejected(state));
    }

    private boolean isRejected(String state) {
        String user = "user-" + users++;
        try {
            switch (state) {
                case "cache" -> call(CacheServiceGrpc.getPutCachedUserMethod(), user, "id: '$' json: '{}'");
                case "presence" -> call(PresenceServiceGrpc.getHeartbeatMethod(), user, "user_id: '$'");
                default ->
                    call(SessionServiceGrpc.getSetSessionFlagMethod(), user, "user_id: '$' flag: 'f' value: '1'");
            }
            return false;
        } catch (StatusRuntimeException e) {
            assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
            return true;
        }
    }

    private void call(MethodDescriptor<?, ?> method, String request) {
        call(method, "", request);
    }

    /** Repeats a call that fails because the machine is busy. */
    private void call(MethodDescriptor<?, ?> method, String id, String request) {
        Eventually.within(TIMEOUT, "a response instead of UNAVAILABLE", () -> {
            failure = null;
            try {
                caller.call(method, id, request);
            } catch (StatusRuntimeException e) {
                failure = e;
            }
            return failure == null || failure.getStatus().getCode() != Code.UNAVAILABLE;
        });
        if (failure != null) {
            throw failure;
        }
    }

    private void assertBudgetFull(MethodDescriptor<?, ?> method, String request) {
        StatusRuntimeException e = StatusAssert.hasStatus(
                Code.RESOURCE_EXHAUSTED, "ERROR_REASON_BUDGET_FULL", () -> call(method, request));
        assertThat(StatusAssert.detail(e, RetryInfo.class).getRetryDelay().getSeconds())
                .isEqualTo(1);
    }

    /** Fills Redis up to this share of its memory. */
    private void fill(double share) {
        while (used() < share * MAX) {
            redis.set(fillers.next(), "x".repeat(60_000), SetParams.setParams().px(600_000));
        }
    }

    private long used() {
        return Long.parseLong(redis.info("memory").replaceAll("(?s).*\\bused_memory:(\\d+).*", "$1"));
    }
}
