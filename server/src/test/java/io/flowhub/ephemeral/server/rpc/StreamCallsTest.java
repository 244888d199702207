package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
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
import org.junit.jupiter.api.Test;

/** An open stream costs bounded memory whoever is at its other end, and ends with a status that says why. */
class StreamCallsTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final ExecutorService writers = Executors.newFixedThreadPool(4);
    private final StreamCalls streams = new StreamCalls(writers);
    private final List<ScriptedTalk> talks = new CopyOnWriteArrayList<>();
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(MalformedRequests.refusedBy(new BroadcastServiceGrpc.BroadcastServiceImplBase() {
                    @Override
                    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
                        return streams.open(observer, line -> {
                            ScriptedTalk talk = new ScriptedTalk(line);
                            talks.add(talk);
                            line.wake(); // may come before the stream knows its talk
                            return talk;
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

    /** A talk that says what the test wants. */
    private static final class ScriptedTalk implements StreamHandler<SubscribeRequest, SubscribeResponse> {

        final Line line;
        final List<SubscribeRequest> heard = new CopyOnWriteArrayList<>();
        final Queue<SubscribeResponse> toSay = new ConcurrentLinkedQueue<>();
        final AtomicInteger asked = new AtomicInteger();
        final AtomicInteger asking = new AtomicInteger();
        final AtomicInteger ends = new AtomicInteger();
        volatile boolean overlapped;
        volatile boolean endless;
        volatile boolean over;
        volatile @Nullable RuntimeException failure;

        ScriptedTalk(Line line) {
            this.line = line;
        }

        @Override
        public void onMessage(SubscribeRequest message) {
            heard.add(message);
            if (message.getExcludeSenderId().equals("fail")) {
                throw new InvalidFieldException("exclude_sender_id", "fail", "something else");
            }
        }

        @Override
        public void onHalfClose() {
            failIfAsked();
        }

        private void failIfAsked() {
            RuntimeException wanted = failure;
            if (wanted != null) {
                throw wanted;
            }
        }

        @Override
        public @Nullable SubscribeResponse next() {
            overlapped |= asking.getAndIncrement() != 0;
            try {
                failIfAsked();
                if (endless) {
                    asked.incrementAndGet();
                    return response(1_000);
                }
                return toSay.poll();
            } finally {
                asking.decrementAndGet();
            }
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public void onClosed() {
            ends.incrementAndGet();
        }

        void say(SubscribeResponse... responses) {
            toSay.addAll(List.of(responses));
            line.wake();
        }
    }

    private record Open(
            StreamObserver<SubscribeRequest> requests,
            StreamReader<SubscribeRequest, SubscribeResponse> reader,
            ScriptedTalk talk) {}

    private Open open(StreamReader<SubscribeRequest, SubscribeResponse> reader) {
        int before = talks.size();
        var requests = BroadcastServiceGrpc.newStub(channel).subscribe(reader);
        Eventually.within(SOON, () -> talks.size() > before);
        return new Open(requests, reader, talks.get(before));
    }

    @Test
    void slowReaderIsAskedForNothingMore() throws Exception {
        Open open = open(StreamReader.stalled());
        open.talk().endless = true;
        open.talk().line.wake();
        int most = awaitStandstill(open.talk().asked);
        assertThat(most).as("KB that the transports took").isBetween(1, 10_000);

        open.reader().read(100);
        Eventually.within(SOON, () -> open.reader().all().size() == 100);
        open.reader().read(2 * most);
        Eventually.within(SOON, () -> open.reader().all().size() == 100 + 2 * most);
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
            int heard = i;
            Eventually.within(SOON, () -> open.talk().heard.size() == heard);
            TimeUnit.MILLISECONDS.sleep(50);
            assertThat(open.talk().heard).hasSize(heard);
            open.talk().line.readOn();
        }
        assertThat(open.talk().heard).extracting(r -> r.getAddRoomIds(0)).containsExactly("r0", "r1", "r2", "r3", "r4");
    }

    @Test
    void messageThatBreaksARuleEndsTheStreamWithItsStatus() {
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
    void whatGoesWrongWhileSpeakingOrAtTheEndOfTheRequestsEndsTheStreamWithItsStatus() {
        Open speaking = open(StreamReader.eager());
        speaking.talk().failure = new InvalidFieldException("a", "b", "c");
        speaking.talk().line.wake();
        Open ending = open(StreamReader.eager());
        ending.talk().failure = new InvalidFieldException("a", "b", "c");
        ending.requests().onCompleted();

        for (Open open : List.of(speaking, ending)) {
            StatusAssert.invalidField("a", () -> {
                throw open.reader().awaitFailure(SOON);
            });
            awaitClosedOnce(open);
        }
    }

    @Test
    void stalledReaderIsToldWhyTheStreamEnded() {
        Open open = open(StreamReader.stalled());
        open.talk().endless = true;
        open.talk().line.wake();
        open.requests()
                .onNext(SubscribeRequest.newBuilder().setExcludeSenderId("fail").build());
        awaitClosedOnce(open);
        open.reader().read(1_000_000);
        assertThat(open.reader().awaitFailure(SOON).getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void drainEndsAllStreamsOneAfterTheOtherWithAHintToComeBack() {
        List<Open> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(open(i % 2 == 0 ? StreamReader.eager() : StreamReader.stalled()));
        }
        long begin = System.nanoTime();
        streams.drain(Duration.ofMillis(800));
        Eventually.within(
                SOON,
                () -> all.stream().filter(open -> open.talk().ends.get() == 1).count() >= all.size() / 4);
        long quarterMillis = (System.nanoTime() - begin) / 1_000_000;
        Eventually.within(
                SOON, () -> all.stream().allMatch(open -> open.talk().ends.get() == 1));
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
    void streamThatComesWhileDrainingIsEndedToo() {
        streams.drain(Duration.ZERO);
        Open late = open(StreamReader.eager());
        assertThat(late.reader().awaitFailure(SOON).getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        awaitClosedOnce(late);
    }

    @Test
    void talkIsToldOnceThatTheStreamIsOver() throws Exception {
        Open cancelled = open(StreamReader.eager());
        cancelled.reader().cancel();
        Open ended = open(StreamReader.eager());
        ended.requests().onCompleted();
        assertThat(ended.talk().ends.get()).as("by the end of the requests").isZero();
        ended.talk().over = true;
        ended.talk().line.wake();
        Open lost = open(StreamReader.eager());
        awaitClosedOnce(cancelled);
        awaitClosedOnce(ended);
        Eventually.within(SOON, ended.reader()::hasEnded);
        streams.drain(Duration.ZERO);
        channel.shutdownNow();
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);

        awaitClosedOnce(lost);
        for (Open open : List.of(cancelled, ended, lost)) {
            open.talk().line.wake();
            assertThat(open.talk().ends).hasValue(1);
        }
    }

    @Test
    void wakersOnManyThreadsNeverSpeakAtTheSameTime() throws Exception {
        Open open = open(StreamReader.eager());
        int wakers = 8;
        int each = 2_000;
        Concurrently.run(wakers, waker -> {
            for (int i = 0; i < each; i++) {
                open.talk().say(message(waker, i));
            }
            return waker;
        });
        Eventually.within(SOON, () -> open.reader().all().size() == wakers * each);

        assertThat(open.talk().overlapped).isFalse();
        int[] next = new int[wakers];
        for (SubscribeResponse told : open.reader().all()) {
            int waker = Integer.parseInt(told.getMessage().getSenderId());
            assertThat(Integer.parseInt(told.getMessage().getRoomId())).isEqualTo(next[waker]++);
        }
    }

    @Test
    void closedServerLeavesNobodyWaiting() {
        Open open = open(StreamReader.eager());
        assertLives(open);
        writers.shutdown();
        open.talk().line.wake();
        awaitClosedOnce(open);
    }

    private static void awaitClosedOnce(Open open) {
        Eventually.within(SOON, () -> open.talk().ends.get() > 0);
        assertThat(open.talk().ends).hasValue(1);
    }

    private static void assertLives(Open open) {
        open.talk().say(response(1));
        Eventually.within(SOON, () -> open.reader().all().size() == 1);
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
