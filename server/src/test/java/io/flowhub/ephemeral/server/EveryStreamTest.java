package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Too many ids end their stream and no other, and a server that stops ends every stream. */
@Tag("contract")
class EveryStreamTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    @AutoClose
    private static final TestServer SERVER = TestServer.shared(RpcCatalog.SETTINGS);

    private static final RpcCaller CALLER = new RpcCaller(SERVER.channel());

    static List<Rpc> streams() {
        return RpcCatalog.streams().stream()
                .filter(rpc -> rpc.request().contains("add_"))
                .toList();
    }

    private final String id = UniqueIds.next();

    @ParameterizedTest
    @MethodSource("streams")
    void moreThanAThousandIdsInAMessageEndThatStreamOnly(Rpc rpc) {
        try (OpenStream other = CALLER.open(rpc)) {
            for (List<String> ids : List.of(UniqueIds.next(1_001), Collections.nCopies(1_001, "id"))) {
                for (boolean isFirstMessage : new boolean[] {true, false}) {
                    assertRejected(rpc, "add", isFirstMessage, request(rpc, ids, List.of()));
                    assertRejected(rpc, "remove", isFirstMessage, request(rpc, List.of(), ids));
                }
            }
            assertReceivesEvents(other);
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void moreThanTwentyThousandIdsOnAStreamEndThatStreamOnly(Rpc rpc) {
        List<String> ids = UniqueIds.next(20_000);
        List<String> first = ids.subList(0, 1);
        try (OpenStream other = CALLER.open(rpc);
                OpenStream full = CALLER.open(rpc)) {
            for (int i = 0; i < 20_000; i += 1_000) {
                full.send(request(rpc, ids.subList(i, i + 1_000), List.of()));
            }
            full.send(request(rpc, ids.subList(0, 1_000), List.of())); // already on the stream
            String replacement = UniqueIds.next();
            full.send(request(rpc, List.of(replacement), first));
            awaitEventOf(full, replacement);
            full.send(request(rpc, first, List.of()));
            awaitInvalid(full, "add");
            assertReceivesEvents(other);
        }
    }

    @Tag("latency")
    @Test
    void stoppingServerEndsEveryStreamAsDrainingWithARetryDelay() throws Exception {
        TestServer server = TestServer.shared("server.drain_timeout: 2s");
        RpcCaller caller = new RpcCaller(server.channel());
        List<OpenStream> streams = RpcCatalog.streams().stream()
                .map(rpc -> caller.open(rpc).send(rpc.validRequest(id)))
                .toList();
        streams.forEach(stream -> stream.reader().awaitFirst(SOON, event -> true));

        Stopwatch stopwatch = Stopwatch.start();
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(server.server()::close);
        for (OpenStream stream : streams) {
            StatusRuntimeException end =
                    StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_DRAINING", stream.reader()::awaitEnd);
            assertThat(Durations.toMillis(
                            StatusAssert.detail(end, RetryInfo.class).getRetryDelay()))
                    .as(stream.rpc().toString())
                    .isBetween(100L, 1_000L);
            assertThat(stream.reader().only(EveryStreamTest::isDraining))
                    .as("announcements of %s", stream.rpc())
                    .hasSize(streams().contains(stream.rpc()) ? 1 : 0);
        }
        stopped.get(10, TimeUnit.SECONDS);
        assertThat(stopwatch.elapsed()).isLessThan(Duration.ofSeconds(4));
        server.channel().shutdownNow();
    }

    @Test
    void oldStreamIsAnnouncedAndAHalfCloseThenEndsItAsOk() {
        try (TestServer server = TestServer.shared("server.max_stream_age: 1s", "server.drain_timeout: 40s")) {
            RpcCaller caller = new RpcCaller(server.channel());
            for (Rpc rpc : streams()) {
                OpenStream stream = caller.open(rpc).send(rpc.validRequest(id));
                Message draining = stream.reader().awaitFirst(SOON, EveryStreamTest::isDraining);
                assertThat(draining.toString()).contains("time_left", "seconds: 20");
                stream.reader().halfClose();
                stream.reader().awaitEnd(); // throws the status of a failure
            }
        }
    }

    private static boolean isDraining(Message event) {
        FieldDescriptor draining = event.getDescriptorForType().findFieldByName("draining");
        return draining != null && event.hasField(draining);
    }

    private static void assertRejected(Rpc rpc, String field, boolean isFirstMessage, Message request) {
        try (OpenStream stream = CALLER.open(rpc)) {
            if (!isFirstMessage) {
                stream.send(rpc.validRequest(UniqueIds.next()));
            }
            awaitInvalid(stream.send(request), field);
        }
    }

    private static void awaitInvalid(OpenStream stream, String field) {
        FieldDescriptor invalid = field(stream.rpc().validRequest("id"), field);
        StatusAssert.invalidField(invalid.getName(), stream.reader()::awaitEnd);
    }

    private static void assertReceivesEvents(OpenStream stream) {
        String id = UniqueIds.next();
        stream.send(request(stream.rpc(), List.of(id), List.of()));
        awaitEventOf(stream, id);
        assertThat(stream.reader().hasEnded()).isFalse();
    }

    private static void awaitEventOf(OpenStream stream, String id) {
        stream.reader().awaitFirst(SOON, event -> event.toString().contains(id));
    }

    static Message request(Rpc rpc, List<String> added, List<String> removed) {
        Message.Builder request = rpc.validRequest("id").newBuilderForType();
        return request.setField(field(request, "add"), added)
                .setField(field(request, "remove"), removed)
                .build();
    }

    /** The field of the ids that a request adds or removes. */
    private static FieldDescriptor field(MessageOrBuilder request, String prefix) {
        return request.getDescriptorForType().getFields().stream()
                .filter(field -> field.getName().matches(prefix + "_.*_ids"))
                .findFirst()
                .orElseThrow();
    }
}
