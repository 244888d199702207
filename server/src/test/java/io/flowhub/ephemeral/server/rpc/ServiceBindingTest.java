package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.LoopbackService;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
}
