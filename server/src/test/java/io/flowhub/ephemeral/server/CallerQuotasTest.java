package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a caller may use of a server, over its connections; others do not notice when it wants more. */
@Tag("contract")
@Tag("quick")
class CallerQuotasTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Rpc SUBSCRIBE = StreamKind.BROADCAST.rpc();

    @TempDir
    private static Path folder;

    private static TestServer server;
    private static ManagedChannel second;

    private final String id = UniqueIds.next();

    @BeforeAll
    static void start() throws Exception {
        Files.writeString(file(), callers(2));
        server = TestServer.on(TestRedis.url(), RpcCatalog.SETTINGS, "callers.file: " + file());
        second = server.narrowChannel();
    }

    @AfterAll
    static void stop() {
        second.shutdownNow();
        server.close();
    }

    private static Path file() {
        return folder.resolve("callers.yaml");
    }

    private static String callers(int streams) {
        return "default: {streams: " + streams + "}\n"
                + caller("slow", "calls_per_second: 1")
                + caller("slower", "calls_per_second: 1")
                + caller("streaming", "")
                + caller("watching", "watched_ids: 5, streams: 100")
                + caller("buffering", "buffered_bytes: 64KB, streams: 100")
                + caller("other", "streams: 100");
    }

    private static String caller(String name, String quotas) {
        return "%s: {tokens: [%s], may: [RateLimitService, PresenceService, TypingService, BroadcastService], %s}%n"
                .formatted(name, sha256(name), quotas);
    }

    @Test
    void callsBeyondTheQuotaAreRejectedOnEveryConnectionAndThoseOfOthersAreServed() {
        int served = 0;
        StatusRuntimeException rejection = null;
        while (rejection == null) {
            try {
                check(as(served % 2 == 0 ? server.channel() : second, "slow"));
                served++;
            } catch (StatusRuntimeException e) {
                rejection = e;
            }
        }
        StatusRuntimeException first = rejection;
        assertThat(served).as("the burst").isGreaterThanOrEqualTo(10);
        assertQuota("calls_per_second", () -> {
            throw first;
        });
        check(as(server.channel(), "other"));
        Eventually.soon("a call fits again", () -> isServed(as(second, "slow")));
    }

    @Test
    void streamsBeyondTheQuotaAreRejectedUntilOneEndsOrTheFileAllowsMore() throws Exception {
        List<OpenStream> open = new ArrayList<>(List.of(
                opened(as(server.channel(), "streaming"), StreamKind.BROADCAST.rpc()),
                opened(as(second, "streaming"), StreamKind.PRESENCE.rpc())));
        assertStreamRejected();
        check(as(second, "streaming"));

        open.remove(0).close();
        awaitStream(open);
        assertStreamRejected();
        open.remove(0).send(StreamKind.request(StreamKind.PRESENCE.rpc(), List.of(":"), List.of()));
        awaitStream(open);
        for (int i = 0; i < 100; i++) { // at every moment of their life
            OpenStream cancelled = new RpcCaller(as(second, "streaming")).open(SUBSCRIBE);
            if (i % 2 == 0) {
                cancelled.send(StreamKind.BROADCAST.request(List.of(id), List.of()));
            }
            cancelled.close();
        }
        open.remove(0).close();
        awaitStream(open);
        assertStreamRejected();

        Files.writeString(file(), callers(3));
        awaitStream(open);
        assertStreamRejected();
        assertThat(open).hasSize(3).noneMatch(stream -> stream.reader().hasEnded());
        open.forEach(OpenStream::close);
    }

    private void assertStreamRejected() {
        assertQuota("streams", () -> opened(as(second, "streaming"), SUBSCRIBE));
    }

    private void awaitStream(List<OpenStream> open) {
        Eventually.soon("a stream fits", () -> {
            try {
                return open.add(opened(as(server.channel(), "streaming"), SUBSCRIBE));
            } catch (StatusRuntimeException e) {
                return false;
            }
        });
    }

    @Test
    void idsOfAllStreamsOfACallerCountUntilTheyAreRemovedOrTheirStreamEnds() {
        List<String> ids = UniqueIds.next(10);
        OpenStream first = opened(as(server.channel(), "watching"), StreamKind.BROADCAST.rpc(), ids.subList(0, 3));
        assertQuota("watched_ids", () -> opened(as(second, "watching"), StreamKind.PRESENCE.rpc(), ids.subList(0, 3)));
        OpenStream next = opened(as(second, "watching"), StreamKind.TYPING.rpc(), ids.subList(0, 2));
        assertQuota("watched_ids", () -> opened(as(second, "watching"), StreamKind.PRESENCE.rpc(), ids.subList(0, 1)));

        first.send(StreamKind.BROADCAST.request(List.of(), ids.subList(0, 2)));
        next.close();
        Eventually.soon("four ids fit", () -> {
            try {
                opened(as(second, "watching"), StreamKind.PRESENCE.rpc(), ids.subList(0, 4))
                        .close();
                return true;
            } catch (StatusRuntimeException e) {
                return false;
            }
        });
        first.close();
    }

    /** It receives the number of what it lost; a stream of the same caller that reads loses nothing. */
    @Test
    void streamThatIsNotReadBuffersNoMoreThanTheQuota() {
        int messages = 100;
        Channel caller = as(second, "buffering");
        var stalled = StreamReader.<SubscribeRequest, SubscribeResponse>stalled(
                BroadcastServiceGrpc.newStub(caller)::subscribe);
        var reading = StreamReader.<SubscribeRequest, SubscribeResponse>eager(
                BroadcastServiceGrpc.newStub(as(server.channel(), "buffering"))::subscribe);
        for (var stream : List.of(stalled, reading)) {
            stream.send(SubscribeRequest.newBuilder().addAddRoomIds(id).build());
            stream.read(1);
            stream.awaitFirst(SOON, SubscribeResponse::hasSubscribed);
        }
        PublishRequest message = PublishRequest.newBuilder()
                .setRoomId(id)
                .setSenderId("s")
                .setPayload(ByteString.copyFrom(new byte[4_096]))
                .build();
        for (int i = 1; i <= messages; i++) {
            var unused = BroadcastServiceGrpc.newBlockingStub(as(server.channel(), "other"))
                    .publish(message);
            int sent = i;
            reading.await(SOON, "the message", all -> all.size() == 1 + sent);
        }
        stalled.read(2 * messages);
        stalled.await(
                SOON,
                "each message, or its loss",
                all -> all.stream()
                                .mapToLong(event -> (event.hasMessage() ? 1 : 0)
                                        + event.getGap().getLost())
                                .sum()
                        == messages);
        assertThat(stalled.only(SubscribeResponse::hasGap)).isNotEmpty();
        assertThat(reading.only(SubscribeResponse::hasGap)).isEmpty();
        stalled.close();
        reading.close();
    }

    /** Each call would be rejected at once otherwise, thousands a second. */
    @Test
    void connectionOfACallerFarAboveItsQuotaIsReadSlowly() throws Exception {
        ManagedChannel connection = server.narrowChannel();
        AtomicInteger rejected = new AtomicInteger();
        Semaphore inFlight = new Semaphore(200);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < end) {
            if (inFlight.tryAcquire(10, TimeUnit.MILLISECONDS)) {
                ListenableFuture<?> call = RateLimitServiceGrpc.newFutureStub(as(connection, "slower"))
                        .checkRate(request());
                call.addListener(
                        () -> {
                            rejected.incrementAndGet();
                            inFlight.release();
                        },
                        Runnable::run);
            }
        }
        assertThat(rejected.get()).isBetween(1, 400);
        check(as(second, "other"));
        connection.shutdownNow();
    }

    private static void assertQuota(String quota, ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_QUOTA_EXCEEDED", call);
        assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap()).containsExactly(Map.entry("quota", quota));
        assertThat(StatusAssert.detail(e, RetryInfo.class).hasRetryDelay()).isTrue();
    }

    private OpenStream opened(Channel channel, Rpc rpc) {
        return opened(channel, rpc, List.of(id));
    }

    /** Returns when the first event has arrived; throws the status if the stream ended instead. */
    private static OpenStream opened(Channel channel, Rpc rpc, List<String> ids) {
        OpenStream stream = new RpcCaller(channel).open(rpc);
        stream.send(StreamKind.request(rpc, ids, List.of()));
        stream.reader()
                .await(
                        SOON,
                        "an event",
                        () -> stream.reader().hasEnded()
                                || !stream.reader().all().isEmpty());
        if (stream.reader().all().isEmpty()) {
            stream.reader().awaitEnd();
        }
        return stream;
    }

    private boolean isServed(Channel channel) {
        try {
            check(channel);
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    private void check(Channel channel) {
        var unused = RateLimitServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .checkRate(request());
    }

    private CheckRateRequest request() {
        return CheckRateRequest.newBuilder().setUserId(id).setAction("a").build();
    }

    private static Channel as(Channel connection, String name) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + name);
        return ClientInterceptors.intercept(connection, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static String sha256(String token) {
        return Unchecked.call(() -> HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8))));
    }
}
