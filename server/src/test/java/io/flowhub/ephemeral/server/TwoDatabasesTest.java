package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Servers on two databases of one Redis do not affect each other, although Redis shares its channels. */
@Tag("contract")
class TwoDatabasesTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static final List<MethodDescriptor<?, ?>> STREAMS = List.of(
            PresenceServiceGrpc.getWatchPresenceMethod(),
            TypingServiceGrpc.getWatchTypingMethod(),
            BroadcastServiceGrpc.getSubscribeMethod());

    @AutoClose
    private final RedisProcess redis = RedisProcess.start();

    @AutoClose
    private final TestServer first = TestServer.on(redis.url() + "/0");

    @AutoClose
    private final TestServer second = TestServer.on(redis.url() + "/1");

    private final String id = UniqueIds.next();

    @Test
    void eventsOfADatabaseStayInIt() {
        RpcCaller here = new RpcCaller(first.channel());
        RpcCaller there = new RpcCaller(second.channel());
        List<OpenStream> open =
                STREAMS.stream().map(method -> watch(there, method)).toList();

        act(here);
        act(there);

        for (OpenStream stream : open) {
            stream.reader().awaitFirst(SOON, event -> isChange(event));
            assertThat(stream.reader().only(TwoDatabasesTest::isChange))
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
        OpenStream stream = caller.open(rpc).send(rpc.validRequest(id));
        stream.reader().awaitFirst(SOON, event -> true);
        return stream;
    }

    private void act(RpcCaller caller) {
        var unused = caller.call(PresenceServiceGrpc.getHeartbeatMethod(), id, "user_id: '$'");
        caller.call(TypingServiceGrpc.getSetTypingMethod(), id, "room_id: '$' user_id: '$' typing: true");
        PublishResponse response =
                caller.call(BroadcastServiceGrpc.getPublishMethod(), id, "room_id: '$' sender_id: '$'");
        assertThat(response.getServers()).isEqualTo(1);
    }

    private static boolean isChange(Message event) {
        String text = event.toString();
        return text.startsWith("online") || text.contains("user_ids") || text.startsWith("message");
    }
}
