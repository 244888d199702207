package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.HeapInfo;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc.BroadcastServiceBlockingStub;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams that together need more memory than the server has do not end it. */
@Tag("contract")
class StreamMemoryTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MAX_IDS = 20_000;

    static List<Rpc> streams() {
        return StreamKind.rpcs();
    }

    @ParameterizedTest
    @MethodSource("streams")
    void idsThatDoNotFitEndTheirStreamAsOverloadedAndNothingElse(Rpc rpc) {
        try (ServerProcess server = start()) {
            RpcCaller caller = new RpcCaller(server.channel());
            Deque<OpenStream> streams = new ArrayDeque<>();
            streams.add(fill(caller.open(rpc)));
            long usedByOne = HeapInfo.afterCollection(server.handle()).used();
            do {
                streams.add(fill(caller.open(rpc)));
            } while (!streams.getLast().reader().hasEnded() && streams.size() < 30);
            OpenStream refused = streams.removeLast();
            assertOverloaded(refused, streams.size());
            assertThat(streams)
                    .hasSizeGreaterThan(2)
                    .allMatch(stream -> !stream.reader().hasEnded());
            long usedByOthers = HeapInfo.afterCollection(server.handle()).used() - usedByOne;
            assertThat(usedByOthers * 1_024 / MAX_IDS / (streams.size() - 1))
                    .as("bytes of an id, with %s streams", streams.size())
                    .isBetween(80L, rpc.request().contains("user") ? 150L : 250L);
            for (int i = 0; i < 5; i++) {
                assertOverloaded(fill(caller.open(rpc)), streams.size());
            }
            assertServesCalls(server);
        }
    }

    /** Without a message from the client: a stream itself costs memory too. */
    @Test
    void streamsThatDoNotFitEndAsOverloaded() {
        try (ServerProcess server = start()) {
            List<ManagedChannel> connections = new ArrayList<>();
            List<OpenStream> streams = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                ManagedChannel connection = server.connect();
                connections.add(connection);
                RpcCaller caller = new RpcCaller(connection);
                for (int j = 0; j < 1_000; j++) {
                    streams.add(caller.open(streams().get(j % 3)));
                }
            }
            Eventually.within(
                    SOON,
                    "streams are refused",
                    () -> streams.stream().anyMatch(stream -> stream.reader().hasEnded()));
            List<OpenStream> refused = streams.stream()
                    .filter(stream -> stream.reader().hasEnded())
                    .toList();
            assertOverloaded(refused.get(0), streams.size() - refused.size());
            assertQuarterOfTheHeapIsFree(server);
            assertServesCalls(server);
            connections.forEach(ManagedChannel::shutdownNow);
        }
    }

    /** Every kind of stream is opened until it is refused, and no subscriber is read. */
    @Test
    void quarterOfTheHeapIsFreeWhateverStreamsHold() {
        int rooms = 120;
        int perRoom = 33;
        try (ServerProcess server = start()) {
            ManagedChannel narrow = server.connect(65_535); // else the buffers of the client hold much of it
            List<String> ids = UniqueIds.next(rooms);
            List<StreamReader<SubscribeRequest, SubscribeResponse>> stalled = ids.stream()
                    .map(id -> {
                        var reader = StreamReader.stalled(BroadcastServiceGrpc.newStub(narrow)::subscribe);
                        reader.read(1);
                        reader.send(
                                SubscribeRequest.newBuilder().addAddRoomIds(id).build());
                        return reader;
                    })
                    .toList();
            stalled.forEach(reader -> reader.awaitFirst(SOON, SubscribeResponse::hasSubscribed));

            RpcCaller caller = new RpcCaller(server.channel());
            for (Rpc rpc : streams()) { // the last ones find the memory full
                for (int i = 0; i < 30; i++) {
                    if (fill(caller.open(rpc)).reader().hasEnded()) {
                        break;
                    }
                }
            }
            BroadcastServiceBlockingStub publisher = BroadcastServiceGrpc.newBlockingStub(server.channel());
            ByteString payload = ByteString.copyFrom(new byte[32_768]);
            for (int i = 0; i < rooms * perRoom; i++) {
                PublishRequest message = PublishRequest.newBuilder()
                        .setRoomId(ids.get(i % rooms))
                        .setSenderId("s")
                        .setPayload(payload)
                        .build();
                Retry.untilAvailable(Duration.ofSeconds(30), () -> publisher.publish(message));
            }
            assertQuarterOfTheHeapIsFree(server);
            assertServesCalls(server);

            String room = ids.get(0);
            stalled.get(0).read(2 * perRoom);
            stalled.get(0)
                    .await(
                            SOON,
                            "each message, or its loss",
                            events -> events.stream()
                                            .mapToLong(event -> (event.hasMessage() ? 1 : 0)
                                                    + event.getGap().getLost())
                                            .sum()
                                    >= perRoom);
            assertThat(stalled.get(0).all())
                    .allMatch(event -> !event.hasMessage()
                            || event.getMessage().getRoomId().equals(room));
            narrow.shutdownNow();
        }
    }

    private static ServerProcess start() {
        ServerProcess server = ServerProcess.startAsReleased("redis.url: " + TestRedis.url() + RpcCatalog.SETTINGS);
        server.awaitReady();
        return server;
    }

    private static void assertQuarterOfTheHeapIsFree(ServerProcess server) {
        HeapInfo heap = HeapInfo.afterCollection(server.handle());
        assertThat(heap.usedPercentOfOldGeneration()).as(heap.toString()).isLessThanOrEqualTo(75);
    }

    private static void assertServesCalls(ServerProcess server) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(UniqueIds.next())
                .setAction("a")
                .build();
        assertThat(server.rateLimits().checkRate(request).getAllowed()).isTrue();
    }

    /** Ids are added, added again and removed, and messages delivered, while streams end in every way. */
    @Test
    void nothingIsReservedWhenNoStreamIsOpen() throws Exception {
        try (TestServer server = TestServer.shared(RpcCatalog.SETTINGS)) {
            StreamMemory memory = server.server().streamMemory();
            List<String> ids = UniqueIds.next(50);
            RpcCaller publisher = new RpcCaller(server.channel());
            Concurrently.run(8, runner -> {
                Random random = new Random(runner);
                for (int round = 0; round < 10; round++) {
                    ManagedChannel connection = server.narrowChannel();
                    for (int i = 0; i < 10; i++) {
                        Rpc rpc = streams().get(random.nextInt(streams().size()));
                        OpenStream stream = new RpcCaller(connection).open(rpc);
                        int messages = random.nextInt(5);
                        for (int j = 0; j < messages; j++) {
                            stream.send(StreamKind.request(rpc, some(ids, random), some(ids, random)));
                        }
                        publisher.call(
                                BroadcastServiceGrpc.getPublishMethod(),
                                ids.get(random.nextInt(ids.size())),
                                "room_id: '$' sender_id: 's' payload: '" + "p".repeat(10_000) + "'");
                        switch (random.nextInt(3)) {
                            case 0 -> stream.close();
                            case 1 -> stream.send(StreamKind.request(rpc, List.of(":"), List.of()));
                            default -> {} // ends with its connection
                        }
                    }
                    connection.shutdownNow();
                }
                return null;
            });
            Eventually.soon("all is released", () -> reserved(memory).equals(List.of(0L, 0L)));

            OpenStream open = fill(publisher.open(streams().get(0)));
            assertThat(memory.watches().reserved()).isGreaterThan(MAX_IDS * 140L);
            server.server().close();
            open.reader().await(SOON, "the stream ends", open.reader()::hasEnded);
            assertThat(reserved(memory)).containsExactly(0L, 0L);
        }
    }

    private static List<Long> reserved(StreamMemory memory) {
        return List.of(memory.watches().reserved(), memory.messages().reserved());
    }

    private static List<String> some(List<String> ids, Random random) {
        return ids.stream().filter(id -> random.nextBoolean()).toList();
    }

    /** Adds as many ids as a stream may have. Returns when the server has added the last one or ended the stream. */
    private static OpenStream fill(OpenStream stream) {
        List<String> ids = UniqueIds.next(MAX_IDS);
        String last = ids.get(MAX_IDS - 1);
        for (int i = 0; i < MAX_IDS; i += 1_000) {
            stream.send(StreamKind.request(stream.rpc(), ids.subList(i, i + 1_000), List.of()));
        }
        stream.send(StreamKind.request(stream.rpc(), List.of(last), List.of())); // so that its event is the last one
        stream.reader()
                .await(
                        SOON,
                        "an event of the last id",
                        events -> stream.reader().hasEnded()
                                || (!events.isEmpty()
                                        && events.get(events.size() - 1)
                                                .toString()
                                                .contains(last)));
        return stream;
    }

    private static void assertOverloaded(OpenStream stream, int others) {
        StatusRuntimeException end =
                StatusAssert.hasStatus(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_OVERLOADED", stream.reader()::awaitEnd);
        assertThat(StatusAssert.detail(end, RetryInfo.class).hasRetryDelay())
                .as("with %s others", others)
                .isTrue();
    }
}
