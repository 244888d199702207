package io.flowhub.ephemeral.server.ratelimit;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.rpc.ItemErrors;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.RefundRateResponse;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The gRPC service of rate limits: proto in, proto out. */
final class RateLimitService extends RateLimitServiceGrpc.RateLimitServiceImplBase {

    private final RateLimitStore store;
    private final RateLimitRequests requests;

    RateLimitService(RateLimitStore store) {
        this.store = store;
        this.requests = new RateLimitRequests(store::requirePolicy);
    }

    @Override
    public void checkRate(CheckRateRequest request, StreamObserver<CheckRateResponse> observer) {
        UnaryCalls.respond(observer, () -> store.check(requests.check(request)), RateLimitService::response);
    }

    @Override
    public void batchCheckRate(BatchCheckRateRequest request, StreamObserver<BatchCheckRateResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> RateLimitRequests.isAllOrNothing(request)
                        ? checkAllOrNothing(requests.checks(request))
                        : checkIndependently(requests.checks(request)),
                RateLimitService::batchResponse);
    }

    @Override
    public void refundRate(RefundRateRequest request, StreamObserver<RefundRateResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.refund(requests.refund(request)),
                remaining ->
                        RefundRateResponse.newBuilder().setRemaining(remaining).build());
    }

    @Override
    public void resetRate(ResetRateRequest request, StreamObserver<ResetRateResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.reset(RateLimitRequests.reset(request), store.limitForReset(request.getAction())),
                remaining ->
                        ResetRateResponse.newBuilder().setRemaining(remaining).build());
    }

    private CompletableFuture<List<CheckRateResponse>> checkAllOrNothing(List<RateCheck> checks) {
        return store.checkAll(checks)
                .thenApply(decisions ->
                        decisions.stream().map(RateLimitService::response).toList());
    }

    /** A check that fails has an error reason in its result; the call fails only if every check fails. */
    private CompletableFuture<List<CheckRateResponse>> checkIndependently(List<RateCheck> checks) {
        ItemErrors errors = new ItemErrors(RateLimitServiceGrpc.getBatchCheckRateMethod());
        List<CompletableFuture<CheckRateResponse>> results = checks.stream()
                .map(check -> store.check(check).thenApply(RateLimitService::response))
                .toList();
        return Futures.allSettled(results, failure -> errorResult(errors.reason(failure)));
    }

    private static BatchCheckRateResponse batchResponse(List<CheckRateResponse> results) {
        return BatchCheckRateResponse.newBuilder()
                .setAllowed(results.stream().allMatch(CheckRateResponse::getAllowed))
                .addAllResults(results)
                .build();
    }

    private static CheckRateResponse errorResult(ErrorReason reason) {
        return CheckRateResponse.newBuilder().setErrorReason(reason.name()).build();
    }

    private static CheckRateResponse response(Decision decision) {
        decision.policy().metrics().count(decision);
        Duration reset = ProtoTime.duration(decision.resetMillis());
        CheckRateResponse.Builder response = CheckRateResponse.newBuilder()
                .setAllowed(decision.allowed())
                .setLimit(decision.policy().limit())
                .setRemaining(decision.remaining())
                .setResetAfter(reset)
                .setDegraded(decision.degraded());
        if (decision.retryMillis() > 0) {
            boolean sameAsReset = decision.retryMillis() == decision.resetMillis();
            response.setRetryAfter(sameAsReset ? reset : ProtoTime.duration(decision.retryMillis()));
        }
        return response.build();
    }
}
