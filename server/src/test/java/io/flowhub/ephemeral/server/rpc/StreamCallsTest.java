package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An open stream uses bounded memory whatever the client does, and ends with a status that states the cause. */
@Tag("contract")
@Tag("quick")
class StreamCallsTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final ExecutorService writers = Executors.newFixedThreadPool(4);
    private final StreamCalls streams = new StreamCalls(writers);
    private final List<ScriptedHandler> handlers = new CopyOnWriteArrayList<>();
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(MalformedRequests.rejectIn(new BroadcastServiceGrpc.BroadcastServiceImplBase() {
                    @Override
                    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
                        return streams.open(observer, outbound -> {
                            ScriptedHandler handler = new ScriptedHandler(outbound);
                            handlers.add(handler);
                            outbound.signal(); // before the stream has its handler
                            return handler;
                        });
                    }
                }))
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.shutdownNow();
        writers.shutdownNow();
    }

    /** A handler that the test controls. */
    private static final class ScriptedHandler implements StreamHandler<SubscribeRequest, SubscribeResponse> {

        final Outbound outbound;
        final List<SubscribeRequest> received = new CopyOnWriteArrayList<>();
        final Queue<SubscribeResponse> toSend = new ConcurrentLinkedQueue<>();
        final AtomicInteger polls = new AtomicInteger();
        final AtomicInteger polling = new AtomicInteger();
        final AtomicInteger ends = new AtomicInteger();
        volatile boolean overlapped;
        volatile boolean endless;
        volatile boolean complete;
        volatile @Nullable RuntimeException failure;

        ScriptedHandler(Outbound outbound) {
            this.outbound = outbound;
        }

        @Override
        public void onMessage(SubscribeRequest message) {
            received.add(message);
            if (message.getExcludeSenderId().equals("fail")) {
                throw new InvalidFieldException("exclude_sender_id", "fail", "something else");
            }
        }

        @Override
        public void onHalfClose() {
            failIfRequested();
        }

        private void failIfRequested() {
            RuntimeException requested = failure;
            if (requested != null) {
                throw requested;
            }
        }

        @Override
        public @Nullable SubscribeResponse poll() {
            overlapped |= polling.getAndIncrement() != 0;
            try {
                failIfRequested();
                if (endless) {
                    polls.incrementAndGet();
                    return response(1_000);
                }
                return toSend.poll();
            } finally {
                polling.decrementAndGet();
            }
        }

        @Override
        public boolean isComplete() {
            return complete;
        }

        @Override
        public void onClosed() {
            ends.incrementAndGet();
        }

        void send(SubscribeResponse... responses) {
            toSend.addAll(List.of(responses));
            outbound.signal();
        }
    }

    private record Open(
            StreamObserver<SubscribeRequest> requests,
            StreamReader<SubscribeRequest, SubscribeResponse> reader,
            ScriptedHandler handler) {}

    private Open open(StreamReader<SubscribeRequest, SubscribeResponse> reader) {
        int before = handlers.size();
        var requests = BroadcastServiceGrpc.newStub(channel).subscribe(reader);
        Eventually.within(SOON, "the stream is open", () -> handlers.size() > before);
        return new Open(requests, reader, handlers.get(before));
    }

    @Test
    void handlerIsNotPolledForAStalledReader() throws Exception {
        Open open = open(StreamReader.stalled());
        open.handler().endless = true;
        open.handler().outbound.signal();
        int most = awaitStandstill(open.handler().polls);
        assertThat(most).as("KB that the transports took").isBetween(1, 10_000);

        open.reader().read(100);
        Eventually.within(
                SOON, "all responses arrive", () -> open.reader().all().size() == 100);
        open.reader().read(2 * most);
        Eventually.within(
                SOON, "all responses arrive", () -> open.reader().all().size() == 100 + 2 * most);
    }

    private static int awaitStandstill(AtomicInteger count) throws InterruptedException {
        int before = -1;
        while (count.get() != before || before == 0) {
            before = count.get();
            TimeUnit.MILLISECONDS.sleep(300);
        }
        return before;
    }

    @Test
    void fastSenderIsReadOneMessageAtATime() throws Exception {
        Open open = open(StreamReader.eager());
        for (int i = 0; i < 5; i++) {
            open.requests().onNext(request("r" + i));
        }
        for (int i = 1; i <= 5; i++) {
            int received = i;
            Eventually.within(
                    SOON,
                    "the request is received",
                    () -> open.handler().received.size() == received);
            TimeUnit.MILLISECONDS.sleep(50);
            assertThat(open.handler().received).hasSize(received);
            open.handler().outbound.requestNext();
        }
        assertThat(open.handler().received)
                .extracting(r -> r.getAddRoomIds(0))
                .containsExactly("r0", "r1", "r2", "r3", "r4");
    }

    @Test
    void invalidMessageEndsTheStreamWithItsStatus() {
        Open open = open(StreamReader.eager());
        Open other = open(StreamReader.eager());
        open.requests()
                .onNext(SubscribeRequest.newBuilder().setExcludeSenderId("fail").build());

        StatusAssert.invalidField("exclude_sender_id", () -> {
            throw open.reader().awaitFailure(SOON);
        });
        awaitClosedOnce(open);
        assertLives(other);
    }

    @Test
    void exceptionOfPollOrHalfCloseEndsTheStreamWithItsStatus() {
        Open speaking = open(StreamReader.eager());
        speaking.handler().failure = new InvalidFieldException("a", "b", "c");
        speaking.handler().outbound.signal();
        Open ending = open(StreamReader.eager());
        ending.handler().failure = new InvalidFieldException("a", "b", "c");
        ending.requests().onCompleted();

        for (Open open : List.of(speaking, ending)) {
            StatusAssert.invalidField("a", () -> {
                throw open.reader().awaitFailure(SOON);
            });
            awaitClosedOnce(open);
        }
    }

    @Test
    void stalledReaderReceivesTheFinalStatus() {
        Open open = open(StreamReader.stalled());
        open.handler().endless = true;
        open.handler().outbound.signal();
        open.requests()
                .onNext(SubscribeRequest.newBuilder().setExcludeSenderId("fail").build());
        awaitClosedOnce(open);
        open.reader().read(1_000_000);
        assertThat(open.reader().awaitFailure(SOON).getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void drainSpreadsTheEndsOfStreamsAndSendsARetryDelay() {
        List<Open> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(open(i % 2 == 0 ? StreamReader.eager() : StreamReader.stalled()));
        }
        long begin = System.nanoTime();
        streams.drain(Duration.ofMillis(800));
        Eventually.within(
                SOON,
                "a quarter of the streams has ended",
                () -> all.stream()
                                .filter(open -> open.handler().ends.get() == 1)
                                .count()
                        >= all.size() / 4);
        long quarterMillis = (System.nanoTime() - begin) / 1_000_000;
        Eventually.within(
                SOON,
                "every stream has ended",
                () -> all.stream().allMatch(open -> open.handler().ends.get() == 1));
        long allMillis = (System.nanoTime() - begin) / 1_000_000;
        assertThat(allMillis - quarterMillis).as("ms from a quarter to all").isGreaterThan(150);

        for (Open open : all) {
            open.reader().read(1);
            StatusRuntimeException e = StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_DRAINING", () -> {
                throw open.reader().awaitFailure(SOON);
            });
            assertThat(StatusAssert.detail(e, ErrorInfo.class).getDomain()).isEqualTo("ephemeral.flowhub.io");
            assertThat(Durations.toMillis(
                            StatusAssert.detail(e, RetryInfo.class).getRetryDelay()))
                    .isBetween(100L, 999L);
        }
    }

    @Test
    void streamOpenedWhileDrainingIsEndedToo() {
        streams.drain(Duration.ZERO);
        Open late = open(StreamReader.eager());
        assertThat(late.reader().awaitFailure(SOON).getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        awaitClosedOnce(late);
    }

    @Test
    void handlerIsClosedExactlyOnce() throws Exception {
        Open cancelled = open(StreamReader.eager());
        cancelled.reader().cancel();
        Open ended = open(StreamReader.eager());
        ended.requests().onCompleted();
        assertThat(ended.handler().ends.get()).as("by the end of the requests").isZero();
        ended.handler().complete = true;
        ended.handler().outbound.signal();
        Open lost = open(StreamReader.eager());
        awaitClosedOnce(cancelled);
        awaitClosedOnce(ended);
        Eventually.within(SOON, "the stream has ended", ended.reader()::hasEnded);
        streams.drain(Duration.ZERO);
        channel.shutdownNow();
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);

        awaitClosedOnce(lost);
        for (Open open : List.of(cancelled, ended, lost)) {
            open.handler().outbound.signal();
            assertThat(open.handler().ends).hasValue(1);
        }
    }

    @Test
    void concurrentSignalsNeverPollConcurrently() throws Exception {
        Open open = open(StreamReader.eager());
        int signallers = 8;
        int each = 2_000;
        Concurrently.run(signallers, signaller -> {
            for (int i = 0; i < each; i++) {
                open.handler().send(message(signaller, i));
            }
            return signaller;
        });
        Eventually.within(
                SOON, "all responses arrive", () -> open.reader().all().size() == signallers * each);

        assertThat(open.handler().overlapped).isFalse();
        int[] next = new int[signallers];
        for (SubscribeResponse response : open.reader().all()) {
            int signaller = Integer.parseInt(response.getMessage().getSenderId());
            assertThat(Integer.parseInt(response.getMessage().getRoomId())).isEqualTo(next[signaller]++);
        }
    }

    @Test
    void streamIsClosedWhenItsWritersHaveStopped() {
        Open open = open(StreamReader.eager());
        assertLives(open);
        writers.shutdown();
        open.handler().outbound.signal();
        awaitClosedOnce(open);
    }

    private static void awaitClosedOnce(Open open) {
        Eventually.within(
                SOON, "the handler is closed", () -> open.handler().ends.get() > 0);
        assertThat(open.handler().ends).hasValue(1);
    }

    private static void assertLives(Open open) {
        open.handler().send(response(1));
        Eventually.within(
                SOON, "all responses arrive", () -> open.reader().all().size() == 1);
    }

    private static SubscribeRequest request(String room) {
        return SubscribeRequest.newBuilder().addAddRoomIds(room).build();
    }

    private static SubscribeResponse message(int sender, int number) {
        return SubscribeResponse.newBuilder()
                .setMessage(BroadcastMessage.newBuilder()
                        .setSenderId(Integer.toString(sender))
                        .setRoomId(Integer.toString(number)))
                .build();
    }

    private static SubscribeResponse response(int bytes) {
        return SubscribeResponse.newBuilder()
                .setMessage(BroadcastMessage.newBuilder().setPayload(ByteString.copyFrom(new byte[bytes])))
                .build();
    }
}
