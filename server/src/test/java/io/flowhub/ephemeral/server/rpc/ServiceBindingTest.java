package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.LoopbackService;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** While calls are queued for Redis, reads give way first, then rate checks, and writes never. */
@Tag("unit")
class ServiceBindingTest {

    private final AtomicLong queuedMillis = new AtomicLong();
    private final ServiceBinding binding = new ServiceBinding(100, queuedMillis::get);

    @Test
    void callsGiveWayInTheOrderOfTheirClassesWhileCallsAreQueued() {
        assertThat(admittedWhileQueued(500)).containsExactly(true, true, true);
        assertThat(admittedWhileQueued(501)).containsExactly(false, true, true);
        assertThat(admittedWhileQueued(751)).containsExactly(false, false, true);
        assertThat(admittedWhileQueued(5_000)).containsExactly(false, false, true);
        assertThat(admittedWhileQueued(0)).containsExactly(true, true, true);
    }

    private List<Boolean> admittedWhileQueued(long millis) {
        queuedMillis.set(millis);
        return List.of(
                isAdmitted(
                        new CacheServiceGrpc.CacheServiceImplBase() {},
                        CacheServiceGrpc.getGetCachedUserMethod(),
                        GetCachedUserRequest.getDefaultInstance()),
                isAdmitted(
                        new RateLimitServiceGrpc.RateLimitServiceImplBase() {},
                        RateLimitServiceGrpc.getCheckRateMethod(),
                        CheckRateRequest.getDefaultInstance()),
                isAdmitted(
                        new OtpServiceGrpc.OtpServiceImplBase() {},
                        OtpServiceGrpc.getIssueOtpMethod(),
                        IssueOtpRequest.getDefaultInstance()));
    }

    /** The services respond with UNIMPLEMENTED. */
    private <Q> boolean isAdmitted(BindableService service, MethodDescriptor<Q, ?> method, Q request) {
        try (LoopbackService served = LoopbackService.serve(binding.bind(service))) {
            var unused = ClientCalls.blockingUnaryCall(
                    served.channel(), method, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), request);
            throw new AssertionError("no status");
        } catch (StatusRuntimeException e) {
            Code code = e.getStatus().getCode();
            assertThat(code).isIn(Code.UNIMPLEMENTED, Code.RESOURCE_EXHAUSTED);
            return code == Code.UNIMPLEMENTED;
        }
    }

    @Test
    void traceOfACallIsInTheLineOfItsUnexpectedError() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        try (LoopbackService unary = LoopbackService.serve(binding.bind(new BrokenRates()));
                LoopbackService stream = LoopbackService.serve(binding.bind(new BrokenBroadcast()));
                CapturedLog log = CapturedLog.of(StatusMapper.class)) {
            for (String header : List.of("00-" + trace + "-00f067aa0ba902b7-01", "00-no-trace-01")) {
                Metadata headers = new Metadata();
                headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), header);
                ClientInterceptor traced = MetadataUtils.newAttachHeadersInterceptor(headers);
                var rates =
                        RateLimitServiceGrpc.newBlockingStub(unary.channel()).withInterceptors(traced);
                assertThatThrownBy(() -> rates.checkRate(CheckRateRequest.getDefaultInstance()))
                        .hasMessage("INTERNAL: internal error");
                var subscription = StreamReader.eager(
                                BroadcastServiceGrpc.newStub(stream.channel()).withInterceptors(traced)::subscribe)
                        .send(SubscribeRequest.getDefaultInstance());
                Eventually.soon("the stream ends", subscription::hasEnded);
            }
            assertThat(log.messages())
                    .containsExactly(
                            "Unexpected error in flowhub.ephemeral.v1.RateLimitService/CheckRate, trace_id " + trace,
                            "Unexpected error in flowhub.ephemeral.v1.BroadcastService/Subscribe, trace_id " + trace,
                            "Unexpected error in flowhub.ephemeral.v1.RateLimitService/CheckRate",
                            "Unexpected error in flowhub.ephemeral.v1.BroadcastService/Subscribe");
        }
    }

    private static final class BrokenRates extends RateLimitServiceGrpc.RateLimitServiceImplBase {
        @Override
        public void checkRate(CheckRateRequest request, StreamObserver<CheckRateResponse> observer) {
            UnaryCalls.respond(
                    observer,
                    () -> CompletableFuture.<CheckRateResponse>failedFuture(new IllegalStateException("planted")),
                    response -> response);
        }
    }

    private static final class BrokenBroadcast extends BroadcastServiceGrpc.BroadcastServiceImplBase {
        private final StreamCalls streams = new StreamCalls(Runnable::run, Duration.ofHours(1), Duration.ZERO);

        @Override
        public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
            return streams.open(observer, outbound -> new StreamHandler<>() {
                @Override
                public void onMessage(SubscribeRequest message) {
                    throw new IllegalStateException("planted");
                }

                @Override
                public @Nullable SubscribeResponse poll() {
                    return null;
                }
            });
        }
    }
}
