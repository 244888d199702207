package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.IdField;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A bad id is rejected by the name of its field and its rule, before any command is sent to Redis. */
@Tag("contract")
@Tag("quick")
class EveryRpcRejectsBadIdsTest {

    private static final List<String> BAD = List.of(
            "a:b",
            "{a}",
            "a b",
            "tab\t",
            "nul\0",
            "umlaut\u00fc and space\u00a0",
            "ends\u2028line",
            "\u00fc".repeat(64) + "1"); // of 129 bytes

    /** The longest id: 128 bytes. */
    private static final String LONGEST = "\u00fc".repeat(64);

    @AutoClose
    private static final TestServer SERVER = TestServer.start(Topology.SINGLE.yaml() + RpcCatalog.SETTINGS);

    @AutoClose
    private static final MonitorTap MONITOR = MonitorTap.of(Topology.SINGLE);

    private final RpcCaller caller = new RpcCaller(SERVER.channel());
    private final String id = UniqueIds.next();

    static List<Rpc> unary() {
        return RpcCatalog.unary();
    }

    static List<Rpc> streams() {
        return RpcCatalog.streams();
    }

    private static Stream<String> badValues(IdField field) {
        return field.optional() ? BAD.stream() : Stream.concat(Stream.of(""), BAD.stream());
    }

    @ParameterizedTest
    @MethodSource("unary")
    void badIdIsRejectedByItsField(Rpc rpc) {
        List<String> commands = MONITOR.during(() -> rpc.idFields(id)
                .forEach(field -> badValues(field)
                        .map(field.with())
                        .forEach(request -> StatusAssert.invalidField(field.path(), () -> caller.call(rpc, request)))));
        assertThat(commands).noneMatch(command -> command.contains(id));
    }

    @ParameterizedTest
    @MethodSource("unary")
    void idOf128BytesIsAccepted(Rpc rpc) {
        for (IdField field : rpc.idFields(id)) {
            assertThat(caller.call(rpc, field.with().apply(LONGEST))).isNotNull();
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void badIdEndsItsStreamAndNoOther(Rpc rpc) {
        try (OpenStream other = caller.open(rpc).send(rpc.validRequest(id))) {
            for (IdField field : rpc.idFields(UniqueIds.next())) {
                badValues(field)
                        .forEach(bad -> assertEnds(rpc, field, field.with().apply(bad)));
            }
            assertThat(other.reader().hasEnded()).isFalse();
        }
    }

    /** In the first message, and in a later one unless the field counts only in the first. */
    private void assertEnds(Rpc rpc, IdField field, Message request) {
        try (OpenStream first = caller.open(rpc).send(request)) {
            StatusAssert.invalidField(field.path(), first.reader()::awaitEnd);
        }
        if (field.path().equals("exclude_sender_id")) {
            return;
        }
        try (OpenStream later = caller.open(rpc).send(rpc.validRequest(id)).send(request)) {
            StatusAssert.invalidField(field.path(), later.reader()::awaitEnd);
        }
    }
}
