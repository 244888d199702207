package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Three servers on a Redis that accepts 20 connections, one of which is that of the test. */
@Tag("fault")
class FewConnectionsTest {

    @AutoClose
    private final RedisProcess redis = RedisProcess.start("--maxclients", "20");

    @AutoClose
    private final Jedis admin = redis.jedis();

    @Test
    void threeServersServeEveryRpcAlsoAfterTheyReconnect() {
        List<TestServer> servers = Stream.generate(() -> TestServer.on(redis.url(), RpcCatalog.SETTINGS))
                .limit(3)
                .toList();
        try {
            assertServe(servers);
            awaitThreeConnectionsEach();
            for (ClientType type : List.of(ClientType.NORMAL, ClientType.PUBSUB)) {
                admin.clientKill(ClientKillParams.clientKillParams().type(type).skipMe(ClientKillParams.SkipMe.YES));
                assertServe(servers);
                awaitThreeConnectionsEach();
            }
            assertThat(admin.info("stats")).contains("rejected_connections:0");
        } finally {
            servers.forEach(TestServer::close);
        }
    }

    private void awaitThreeConnectionsEach() {
        Eventually.within(
                Duration.ofSeconds(5),
                "each has 3 connections",
                () -> admin.clientList().lines().count() == 1 + 3 * 3);
    }

    private static void assertServe(List<TestServer> servers) {
        for (TestServer server : servers) {
            Readiness.await(server.channel());
            RpcCaller caller = new RpcCaller(server.channel());
            Eventually.soon("every RPC succeeds", () -> allSucceed(caller));
        }
    }

    private static boolean allSucceed(RpcCaller caller) {
        String id = UniqueIds.next();
        try {
            RpcCatalog.unary().forEach(rpc -> caller.call(rpc, rpc.validRequest(id)));
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }
}
