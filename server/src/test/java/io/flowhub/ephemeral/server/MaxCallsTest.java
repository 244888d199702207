package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.rpc.CallClass;
import io.flowhub.ephemeral.server.rpc.RpcName;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The bound on the open calls of a server, over all connections: classes of calls give way in order. */
@Tag("contract")
@Tag("quick")
class MaxCallsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MAX = 20;
    private static final int STREAMS = 16;

    private static final Rpc READ = RpcCatalog.rpc(CacheServiceGrpc.getGetCachedUserMethod(), "id: '$'");
    private static final Rpc CHECK =
            RpcCatalog.rpc(RateLimitServiceGrpc.getCheckRateMethod(), "user_id: '$' action: 'a'");
    private static final Rpc WRITE =
            RpcCatalog.rpc(SessionServiceGrpc.getSetSessionFlagMethod(), "user_id: '$' flag: 'f' value: 'v'");

    @Test
    void streamsThenReadsThenRateChecksGiveWayBeforeWrites() {
        try (TestServer server = TestServer.shared("server.max_calls: " + MAX, RpcCatalog.SETTINGS)) {
            RpcCaller caller = new RpcCaller(server.channel());
            for (int i = 0; i < 3 * MAX; i++) { // these leave nothing behind
                assertThat(admitted(caller)).containsExactly(READ, CHECK, WRITE);
            }
            ManagedChannel connection = server.narrowChannel();
            List<OpenStream> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                streams.add(opened(i % 2 == 0 ? server.channel() : connection));
            }
            StatusAssert.hasStatus(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_OVERLOADED", () -> opened(server.channel()));
            Deque<HeldCall> held = new ArrayDeque<>();
            for (List<Rpc> expected :
                    List.of(List.of(READ, CHECK, WRITE), List.of(CHECK, WRITE), List.of(WRITE), List.<Rpc>of())) {
                held.push(new HeldCall(server.narrowChannel()));
                Eventually.soon("calls fit: " + expected, () -> {
                    held.element().restartIfRejected();
                    return admitted(caller).equals(expected);
                });
            }
            assertThat(HealthGrpc.newBlockingStub(server.channel())
                            .check(HealthCheckRequest.getDefaultInstance())
                            .isInitialized())
                    .isTrue();
            held.pop().cancel();
            Eventually.soon("a write fits again", () -> admitted(caller).equals(List.of(WRITE)));
            streams.get(0).close();
            streams.get(1).close();
            Eventually.soon("all fit again", () -> admitted(caller).size() == 3);
            streams.forEach(OpenStream::close);
            held.forEach(HeldCall::cancel);
        }
    }

    /** One connection cannot fill a server. */
    @Test
    void callsOfOneConnectionWaitForEachOtherBeforeTheyFillTheServer() {
        try (TestServer server = TestServer.shared("server.max_calls: 200", RpcCatalog.SETTINGS)) {
            ManagedChannel connection = server.narrowChannel();
            List<HeldCall> held =
                    Stream.generate(() -> new HeldCall(connection)).limit(300).toList();
            RpcCaller other = new RpcCaller(server.channel());
            for (int i = 0; i < 20; i++) {
                assertThat(admitted(other)).hasSize(3);
            }
            held.forEach(HeldCall::cancel);
        }
    }

    @Test
    void everyUnaryRpcHasItsPlaceInTheOrder() {
        assertThat(Stream.of(CallClass.values()).flatMap(each -> each.methods().stream()))
                .containsExactlyInAnyOrderElementsOf(RpcCatalog.unary().stream()
                        .map(rpc -> RpcName.of(rpc.method()))
                        .distinct()
                        .toList());
        assertThat(CallClass.of(OtpServiceGrpc.getVerifyOtpMethod())).isEqualTo(CallClass.WRITES);
    }

    private static List<Rpc> admitted(RpcCaller caller) {
        return Stream.of(READ, CHECK, WRITE)
                .filter(rpc -> isAdmitted(caller, rpc))
                .toList();
    }

    private static boolean isAdmitted(RpcCaller caller, Rpc rpc) {
        try {
            var unused = caller.call(rpc, rpc.validRequest("max-calls-test"));
            return true;
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
            return false;
        }
    }

    private static OpenStream opened(ManagedChannel channel) {
        Rpc rpc = StreamKind.BROADCAST.rpc();
        OpenStream stream = new RpcCaller(channel).open(rpc);
        stream.send(StreamKind.BROADCAST.request(List.of("a"), List.of()));
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

    /** A write of which the server has the headers only. As a stream, so that the client sends them at once. */
    private static final class HeldCall extends ClientCall.Listener<Message> {

        private final ManagedChannel channel;
        private ClientCall<Message, Message> call;
        private volatile boolean rejected;

        HeldCall(ManagedChannel channel) {
            this.channel = channel;
            this.call = started();
        }

        private ClientCall<Message, Message> started() {
            ClientCall<Message, Message> next = channel.newCall(
                    RpcCaller.method(WRITE).toBuilder()
                            .setType(MethodType.BIDI_STREAMING)
                            .build(),
                    CallOptions.DEFAULT);
            next.start(this, new Metadata());
            return next;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            rejected = true;
        }

        /** The server may count a call for a moment after its response, and then this one did not fit. */
        void restartIfRejected() {
            if (rejected) {
                rejected = false;
                call = started();
            }
        }

        void cancel() {
            call.cancel("the test is over", null);
        }
    }
}
