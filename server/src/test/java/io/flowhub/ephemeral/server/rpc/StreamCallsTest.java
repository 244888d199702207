package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.LoopbackService;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An open stream uses bounded memory whatever the client does, and ends with a status that states the cause. */
@Tag("contract")
@Tag("quick")
class StreamCallsTest {

    /** The handler rejects it. */
    private static final SubscribeRequest FAILS =
            SubscribeRequest.newBuilder().setExcludeSenderId("fail").build();

    private static final Duration SOON = Duration.ofSeconds(10);

    @AutoClose("shutdownNow")
    private final ExecutorService writers = Executors.newFixedThreadPool(4);

    private final StreamCalls streams = new StreamCalls(writers, Duration.ofMinutes(1), Duration.ofMillis(2400));
    private final List<ScriptedHandler> handlers = new CopyOnWriteArrayList<>();
    private int opened;

    @AutoClose
    private final LoopbackService service = LoopbackService.serve(new ServiceBinding(100, () -> 0)
            .bind(new BroadcastServiceGrpc.BroadcastServiceImplBase() {
                @Override
                public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
                    return streams.open(observer, outbound -> {
                        ScriptedHandler handler = new ScriptedHandler(outbound);
                        handlers.add(handler);
                        outbound.signal(); // before the stream has its handler
                        return handler;
                    });
                }
            }));

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
        volatile boolean fails;

        ScriptedHandler(Outbound outbound) {
            this.outbound = outbound;
        }

        @Override
        public void onMessage(SubscribeRequest message) {
            received.add(message);
            failIf(message.getExcludeSenderId().equals("fail"));
        }

        @Override
        public void onHalfClose() {
            failIf(fails);
        }

        private static void failIf(boolean requested) {
            if (requested) {
                throw new InvalidFieldException("exclude_sender_id", "fail", "something else");
            }
        }

        @Override
        public @Nullable SubscribeResponse poll() {
            overlapped |= polling.getAndIncrement() != 0;
            try {
                failIf(fails);
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

    private record Open(StreamReader<SubscribeRequest, SubscribeResponse> reader, ScriptedHandler handler) {

        void awaitResponses(int count) {
            reader.await(SOON, count + " responses arrive", all -> all.size() == count);
        }

        void awaitClosedOnce() {
            Eventually.soon("the handler is closed", () -> handler.ends.get() > 0);
            assertThat(handler.ends).hasValue(1);
        }

        void assertLives() {
            handler.send(response(1));
            awaitResponses(1);
        }
    }

    private Open open() {
        return opened(StreamReader.eager(BroadcastServiceGrpc.newStub(service.channel())::subscribe));
    }

    private Open stalled() {
        return opened(StreamReader.stalled(BroadcastServiceGrpc.newStub(service.channel())::subscribe));
    }

    private Open opened(StreamReader<SubscribeRequest, SubscribeResponse> reader) {
        int before = opened++;
        Eventually.soon("the stream is open", () -> handlers.size() > before);
        return new Open(reader, handlers.get(before));
    }

    @Test
    void handlerIsNotPolledForAStalledReader() throws Exception {
        Open open = stalled();
        open.handler().endless = true;
        open.handler().outbound.signal();
        int most = awaitStandstill(open.handler().polls);
        assertThat(most).as("KB that the transports took").isBetween(1, 10_000);

        open.reader().read(100);
        open.awaitResponses(100);
        open.reader().read(2 * most);
        open.awaitResponses(100 + 2 * most);
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
        Open open = open();
        for (int i = 0; i < 5; i++) {
            open.reader()
                    .send(SubscribeRequest.newBuilder().addAddRoomIds("r" + i).build());
        }
        for (int i = 1; i <= 5; i++) {
            int received = i;
            Eventually.soon(
                    "the request is received", () -> open.handler().received.size() == received);
            TimeUnit.MILLISECONDS.sleep(50);
            assertThat(open.handler().received).hasSize(received);
            open.handler().outbound.requestNext();
        }
        assertThat(open.handler().received)
                .extracting(r -> r.getAddRoomIds(0))
                .containsExactly("r0", "r1", "r2", "r3", "r4");
    }

    @Test
    void exceptionOfAMessagePollOrHalfCloseEndsOnlyItsStreamWithItsStatus() {
        Open other = open();
        Open sending = open();
        sending.reader().send(FAILS);
        Open polled = open();
        polled.handler().fails = true;
        polled.handler().outbound.signal();
        Open ending = open();
        ending.handler().fails = true;
        ending.reader().halfClose();

        for (Open open : List.of(sending, polled, ending)) {
            StatusAssert.invalidField("exclude_sender_id", open.reader()::awaitEnd);
            open.awaitClosedOnce();
        }
        other.assertLives();
    }

    @Test
    void stalledReaderReceivesTheFinalStatus() {
        Open open = stalled();
        open.handler().endless = true;
        open.handler().outbound.signal();
        open.reader().send(FAILS);
        open.awaitClosedOnce();
        open.reader().read(1_000_000);
        StatusAssert.invalidField("exclude_sender_id", open.reader()::awaitEnd);
    }

    @Test
    void drainSpreadsTheEndsOfStreamsAndALaterStreamIsEndedTooWithARetryDelay() {
        List<Open> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(i % 2 == 0 ? open() : stalled());
        }
        long begin = System.nanoTime();
        streams.drain();
        Eventually.soon("a quarter of the streams has ended", () -> ended(all) >= all.size() / 4);
        long quarterMillis = (System.nanoTime() - begin) / 1_000_000;
        Eventually.soon("every stream has ended", () -> ended(all) == all.size());
        long allMillis = (System.nanoTime() - begin) / 1_000_000;
        assertThat(allMillis - quarterMillis).as("ms from a quarter to all").isGreaterThan(150);

        all.add(open());
        for (Open open : all) {
            open.reader().read(1);
            StatusRuntimeException e =
                    StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_DRAINING", open.reader()::awaitEnd);
            assertThat(StatusAssert.detail(e, ErrorInfo.class).getDomain()).isEqualTo("ephemeral.flowhub.io");
            assertThat(Durations.toMillis(
                            StatusAssert.detail(e, RetryInfo.class).getRetryDelay()))
                    .isBetween(100L, 999L);
            open.awaitClosedOnce();
        }
    }

    private static long ended(List<Open> streams) {
        return streams.stream().filter(open -> open.handler().ends.get() == 1).count();
    }

    @Test
    void handlerIsClosedExactlyOnce() throws Exception {
        Open cancelled = open();
        cancelled.reader().cancel();
        Open ended = open();
        ended.reader().halfClose();
        assertThat(ended.handler().ends.get()).as("by the end of the requests").isZero();
        ended.handler().complete = true;
        ended.handler().outbound.signal();
        Open lost = open();
        cancelled.awaitClosedOnce();
        ended.awaitClosedOnce();
        Eventually.soon("the stream has ended", ended.reader()::hasEnded);
        streams.drain();
        service.close();
        service.server().awaitTermination(10, TimeUnit.SECONDS);

        lost.awaitClosedOnce();
        for (Open open : List.of(cancelled, ended, lost)) {
            open.handler().outbound.signal();
            assertThat(open.handler().ends).hasValue(1);
        }
    }

    @Test
    void concurrentSignalsNeverPollConcurrently() throws Exception {
        Open open = open();
        int signallers = 8;
        int each = 2_000;
        Concurrently.run(signallers, signaller -> {
            for (int i = 0; i < each; i++) {
                open.handler().send(message(signaller, i));
            }
            return signaller;
        });
        open.awaitResponses(signallers * each);

        assertThat(open.handler().overlapped).isFalse();
        int[] next = new int[signallers];
        for (SubscribeResponse response : open.reader().all()) {
            int signaller = Integer.parseInt(response.getMessage().getSenderId());
            assertThat(Integer.parseInt(response.getMessage().getRoomId())).isEqualTo(next[signaller]++);
        }
    }

    @Test
    void streamIsClosedWhenItsWritersHaveStopped() {
        Open open = open();
        open.assertLives();
        writers.shutdown();
        open.handler().outbound.signal();
        open.awaitClosedOnce();
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
