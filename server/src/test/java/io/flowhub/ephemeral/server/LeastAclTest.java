package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.KindUsage;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** The ACL user that the documents describe suffices for every RPC, and a missing right is no half success. */
@Tag("contract")
class LeastAclTest {

    private static final Pattern DOCUMENTED = Pattern.compile("ACL SETUSER ephemeral on >password ([^`]*)```");

    private final String id = UniqueIds.next();

    /** So with a prefix nothing leaves it: Redis denies all other keys and channels. */
    @ParameterizedTest
    @CsvSource({"false, ''", "true, ''", "false, stage", "true, stage"})
    void documentedUserSufficesForEveryRpc(boolean bundledRedis, String prefix) throws IOException {
        try (RedisProcess redis = bundledRedis ? RedisProcess.bundled() : RedisProcess.start();
                Jedis admin = redis.jedis()) {
            admin.aclSetUser("ephemeral", (prefix.isEmpty() ? rules() : rules(prefix)).toArray(String[]::new));
            admin.set("of_another_program", "x");
            String url = "redis://ephemeral:password@127.0.0.1:" + redis.port();
            try (TestServer server = TestServer.on(url, "redis.prefix: '" + prefix + "'", RpcCatalog.SETTINGS)) {
                Readiness.await(server.channel());
                RpcCaller caller = new RpcCaller(server.channel());
                assertThat(RpcCatalog.unary()).noneSatisfy(rpc -> assertDenied(caller, rpc));
                for (Rpc rpc : RpcCatalog.streams()) {
                    try (OpenStream stream = caller.open(rpc).send(rpc.validRequest(id))) {
                        assertThat(stream.reader().hasEnded()).isFalse();
                    }
                }
                assertDelivered(caller);
                GetBudgetResponse budget = caller.call(BudgetServiceGrpc.getGetBudgetMethod(), id, "");
                assertThat(budget.getUsedBytes()).isPositive();
                assertThat(budget.getKindsList())
                        .as("kinds of the RPCs whose state stays")
                        .filteredOn(kind -> kind.getKeys() > 0)
                        .extracting(KindUsage::getKind)
                        .contains("rate", "otp", "cache:user");
            }
            assertThat(admin.aclLog())
                    .as("denied, but for the script with which Redisson detects a Cluster, and what GetBudget measures")
                    .filteredOn(entry -> !List.of("test1", "of_another_program").contains(entry.getObject()))
                    .isEmpty();
        }
    }

    /** Without a right to publish, a write would take effect and then fail: no call is sent. */
    @ParameterizedTest
    @ValueSource(strings = {"resetchannels", "-evalsha -eval", "-set", "-publish"})
    void withoutARightTheServerIsNotReadyAndNoCallHasAnEffect(String missing) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                Jedis admin = redis.jedis()) {
            List<String> rules = new ArrayList<>(rules());
            rules.addAll(Arrays.asList(missing.split(" ")));
            admin.aclSetUser("ephemeral", rules.toArray(String[]::new));
            String url = "redis://ephemeral:password@127.0.0.1:" + redis.port();
            try (TestServer server = TestServer.on(url, RpcCatalog.SETTINGS)) {
                RpcCaller caller = new RpcCaller(server.channel());
                assertThat(Readiness.isServing(server.channel(), Server.READINESS))
                        .isFalse();
                assertThat(RpcCatalog.unary().stream()
                                .filter(rpc -> !rpc.toString().contains("GetBudget"))
                                .toList())
                        .allSatisfy(rpc -> assertThat(failure(caller, rpc))
                                .contains("UNAVAILABLE")
                                .contains("NOPERM"));
                assertThat(admin.keys("*")).doesNotContain("presence:" + id).noneMatch(key -> key.contains(id));
            }
        }
    }

    private static List<String> rules() throws IOException {
        Matcher line = DOCUMENTED.matcher(Files.readString(Path.of("../docs/operations.md")));
        assertThat(line.find()).as("the documents contain the ACL").isTrue();
        List<String> rules = new ArrayList<>(List.of("on", ">password"));
        rules.addAll(Arrays.asList(line.group(1).trim().split("[\\s\\\\]+")));
        return rules;
    }

    /** As the documents describe it. */
    private static List<String> rules(String prefix) throws IOException {
        List<String> rules = new ArrayList<>(rules());
        rules.removeIf(rule -> rule.startsWith("~") || rule.startsWith("&"));
        rules.addAll(List.of("~" + prefix + ":*", "&" + prefix + ":*"));
        return rules;
    }

    private void assertDelivered(RpcCaller caller) {
        Rpc subscribe = RpcCatalog.streams().stream()
                .filter(rpc -> rpc.method().equals(BroadcastServiceGrpc.getSubscribeMethod()))
                .findFirst()
                .orElseThrow();
        try (OpenStream stream = caller.open(subscribe).send(subscribe.validRequest(id))) {
            Eventually.soon("the message is delivered", () -> {
                PublishResponse published = caller.call(
                        BroadcastServiceGrpc.getPublishMethod(),
                        id,
                        "room_id: '$' sender_id: 'other' payload: 'hello'");
                assertThat(published.getServers()).isEqualTo(1);
                return stream.reader().all().stream()
                        .anyMatch(event -> event.toString().contains("hello"));
            });
        }
    }

    private void assertDenied(RpcCaller caller, Rpc rpc) {
        assertThat(failure(caller, rpc)).containsAnyOf("UNAVAILABLE", "FAILED_PRECONDITION", "INTERNAL");
    }

    private String failure(RpcCaller caller, Rpc rpc) {
        try {
            caller.call(rpc, rpc.validRequest(id));
            return "";
        } catch (StatusRuntimeException e) {
            return e.getStatus().toString();
        }
    }
}
