package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Futures;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.ManagedChannel;
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
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The promises of all kinds of streams on one server: too many ids end their stream and no other, a stream that is not read
 * costs little, and a server that stops ends every stream.
 */
@Tag("contract")
class EveryStreamTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    @AutoClose
    private static final TestServer SERVER = TestServer.shared(RpcCatalog.SETTINGS);

    private final String id = UniqueIds.next();

    @ParameterizedTest
    @EnumSource
    void moreThanAThousandIdsInAMessageEndThatStreamOnly(StreamKind kind) {
        try (TopicReader other = new TopicReader(kind, SERVER.channel(), false)) {
            for (List<String> ids : List.of(UniqueIds.next(1_001), Collections.nCopies(1_001, "id"))) {
                for (boolean isFirstMessage : new boolean[] {true, false}) {
                    assertRejected(kind, "add", isFirstMessage, ids, List.of());
                    assertRejected(kind, "remove", isFirstMessage, List.of(), ids);
                }
            }
            other.add(id).await(id, kind.first(0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void streamThatIsNotReadGetsTheLatestOfEachTopicLaterAndDelaysNoOther(StreamKind kind) {
        int changes = 40;
        List<String> topics = UniqueIds.next(100).stream()
                .map(topic -> topic + "x".repeat(70)) // so that few events fit into the buffers of the transport
                .toList();
        String[] array = topics.toArray(String[]::new);
        ManagedChannel narrow = SERVER.narrowChannel();
        try (TopicReader slow = new TopicReader(kind, narrow, true).add(array);
                TopicReader other = TopicReader.open(kind, SERVER.channel(), array)) {
            slow.read(1);
            slow.awaitFirst(SOON, event -> true);
            for (int i = 1; i <= changes; i++) {
                int number = i;
                topics.stream()
                        .map(topic -> kind.startChange(SERVER.channel(), topic, number))
                        .toList()
                        .forEach(Futures::getUnchecked);
                other.await(topics, kind.changed(number));
            }
            slow.read(1_000_000);
            slow.await(topics, kind.changed(changes));

            assertThat(other.described()).hasSize(topics.size() * (1 + changes));
            assertThat(slow.described()).hasSizeLessThan(other.described().size() * 3 / 4);
            assertThat(slow.markers())
                    .hasSize(kind.hasState() ? 0 : topics.size())
                    .allMatch("gap"::equals);
        } finally {
            narrow.shutdownNow();
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
                    .hasSize(StreamKind.rpcs().contains(stream.rpc()) ? 1 : 0);
        }
        stopped.get(10, TimeUnit.SECONDS);
        assertThat(stopwatch.elapsed()).isLessThan(Duration.ofSeconds(4));
        server.channel().shutdownNow();
    }

    @Test
    void oldStreamIsAnnouncedAndAHalfCloseThenEndsItAsOk() {
        try (TestServer server = TestServer.shared("server.max_stream_age: 1s", "server.drain_timeout: 40s")) {
            for (StreamKind kind : StreamKind.values()) {
                TopicReader stream = TopicReader.open(kind, server.channel(), id);
                Message draining = stream.awaitFirst(SOON, EveryStreamTest::isDraining);
                assertThat(draining.toString()).contains("time_left", "seconds: 20");
                stream.halfClose();
                stream.awaitEnd(); // throws the status of a failure
            }
        }
    }

    private static boolean isDraining(Message event) {
        FieldDescriptor draining = event.getDescriptorForType().findFieldByName("draining");
        return draining != null && event.hasField(draining);
    }

    private static void assertRejected(
            StreamKind kind, String field, boolean isFirstMessage, List<String> added, List<String> removed) {
        try (TopicReader stream = new TopicReader(kind, SERVER.channel(), false)) {
            if (!isFirstMessage) {
                stream.add("id");
            }
            stream.update(added, removed).awaitInvalid(field);
        }
    }
}
