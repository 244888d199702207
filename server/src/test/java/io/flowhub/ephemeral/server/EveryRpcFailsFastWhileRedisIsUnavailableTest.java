package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Redis is killed or frozen: every call fails in time with a status that allows a retry, streams stay open, and soon after
 * the return of Redis every call succeeds. What a feature does instead of failing is in its own outage test.
 */
@Tag("fault")
@Tag("latency")
class EveryRpcFailsFastWhileRedisIsUnavailableTest {

    private static final Duration BACK = Duration.ofSeconds(5);

    /** Answers from memory for a moment, so it may succeed: BudgetStateTest. */
    private static final String GET_BUDGET =
            BudgetServiceGrpc.getGetBudgetMethod().getFullMethodName();

    private static final List<Rpc> UNARY = RpcCatalog.unary().stream()
            .filter(rpc -> !rpc.method().getFullMethodName().equals(GET_BUDGET))
            .toList();

    private final String id = UniqueIds.next();

    @ParameterizedTest
    @EnumSource
    void callsFailInTimeAndSucceedAfterTheReturnOfRedis(Outage outage) throws Exception {
        try (TestServer server = TestServer.withRedis(RpcCatalog.SETTINGS)) {
            RpcCaller caller = new RpcCaller(server.channel());
            UNARY.forEach(rpc -> caller.call(rpc, rpc.validRequest(id)));
            List<OpenStream> streams = RpcCatalog.streams().stream()
                    .map(rpc -> caller.open(rpc).send(rpc.validRequest(id)))
                    .toList();

            outage.begin(server.redis());
            for (int round = 0; round < 3; round++) {
                for (Rpc rpc : UNARY) {
                    StatusRuntimeException e =
                            StatusAssert.unavailableSoon(() -> caller.call(rpc, rpc.validRequest(id)));
                    assertThat(StatusAssert.detail(e, RetryInfo.class).hasRetryDelay())
                            .as(rpc.toString())
                            .isTrue();
                    assertBadIdIsStillRejectedAsSuch(caller, rpc);
                }
            }
            outage.end(server.redis());

            for (Rpc rpc : UNARY) {
                Eventually.within(BACK, rpc + " succeeds", () -> succeeds(caller, rpc, UniqueIds.next()));
            }
            assertThat(streams).noneMatch(stream -> stream.reader().hasEnded());
            streams.forEach(OpenStream::close);
        }
    }

    /** A call that is rejected at once while Redis is known to be unavailable has no effect later. */
    @Test
    void rejectedCallIsNotSentLater() {
        try (TestServer server = TestServer.withRedis(RpcCatalog.SETTINGS);
                MonitorTap monitor = MonitorTap.of(server.redis())) {
            RpcCaller caller = new RpcCaller(server.channel());
            List<String> commands = monitor.during(() -> {
                server.redis().freeze();
                Rpc other = UNARY.get(0);
                Eventually.within(BACK, "the server is not ready", () -> {
                    succeeds(caller, other, UniqueIds.next()); // without calls it would be noticed later
                    return !Readiness.isServing(server.channel(), Server.READINESS);
                });
                UNARY.forEach(rpc -> StatusAssert.unavailableSoon(() -> caller.call(rpc, rpc.validRequest(id))));
                server.redis().thaw();
                Readiness.await(server.channel());
                Rpc first = UNARY.get(0);
                Eventually.within(BACK, "a call succeeds", () -> succeeds(caller, first, UniqueIds.next()));
            });
            assertThat(commands).noneMatch(command -> command.contains(id));
        }
    }

    private static void assertBadIdIsStillRejectedAsSuch(RpcCaller caller, Rpc rpc) {
        rpc.idFields("id").stream()
                .limit(1)
                .forEach(field -> StatusAssert.invalidField(
                        field.path(), () -> caller.call(rpc, field.with().apply("a:b"))));
    }

    private static boolean succeeds(RpcCaller caller, Rpc rpc, String id) {
        try {
            return caller.call(rpc, rpc.validRequest(id)).isInitialized();
        } catch (StatusRuntimeException e) {
            StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_REDIS_UNAVAILABLE", () -> {
                throw e;
            });
            return false;
        }
    }
}
