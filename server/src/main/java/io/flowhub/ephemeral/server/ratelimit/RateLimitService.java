package io.flowhub.ephemeral.server.ratelimit;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ItemErrors;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.RefundRateResponse;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The contract of rate limits: checks what comes in, writes what goes out. */
final class RateLimitService extends RateLimitServiceGrpc.RateLimitServiceImplBase {

    private static final int MAX_CHECKS = 100;

    private final RateLimitStore limits;

    RateLimitService(RateLimitStore limits) {
        this.limits = limits;
    }

    @Override
    public void checkRate(CheckRateRequest request, StreamObserver<CheckRateResponse> observer) {
        UnaryCalls.respond(observer, () -> limits.check(check("", request)), RateLimitService::response);
    }

    @Override
    public void batchCheckRate(BatchCheckRateRequest request, StreamObserver<BatchCheckRateResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> isAllOrNothing(request)
                        ? limits.checkAll(checks(request)).thenApply(RateLimitService::allOrNothing)
                        : independent(checks(request)),
                response -> response);
    }

    @Override
    public void refundRate(RefundRateRequest request, StreamObserver<RefundRateResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> {
                    int hits = request.hasHits() ? hits("hits", request.getHits(), 1) : 1;
                    return limits.refund(check("", request.getUserId(), request.getAction(), hits, ""));
                },
                remaining ->
                        RefundRateResponse.newBuilder().setRemaining(remaining).build());
    }

    @Override
    public void resetRate(ResetRateRequest request, StreamObserver<ResetRateResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> limits.reset(check("", request.getUserId(), request.getAction(), 0, "")),
                remaining ->
                        ResetRateResponse.newBuilder().setRemaining(remaining).build());
    }

    private List<RateCheck> checks(BatchCheckRateRequest request) {
        int count = request.getRequestsCount();
        ValueValidator.checkSize("requests", count, MAX_CHECKS, "checks");
        List<RateCheck> checks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            checks.add(check("requests[" + i + "].", request.getRequests(i)));
        }
        return checks;
    }

    private static boolean isAllOrNothing(BatchCheckRateRequest request) {
        return switch (request.getMode()) {
            case BATCH_MODE_ALL_OR_NOTHING -> true;
            case BATCH_MODE_UNSPECIFIED, BATCH_MODE_INDEPENDENT -> false;
            case UNRECOGNIZED ->
                throw new InvalidFieldException(
                        "mode",
                        request.getModeValue(),
                        BatchMode.BATCH_MODE_INDEPENDENT + " or " + BatchMode.BATCH_MODE_ALL_OR_NOTHING);
        };
    }

    private RateCheck check(String path, CheckRateRequest request) {
        int hits = request.hasHits() ? hits(path + "hits", request.getHits(), 0) : 1;
        return check(path, request.getUserId(), request.getAction(), hits, request.getRequestId());
    }

    private RateCheck check(String path, String userId, String action, int hits, String requestId) {
        IdValidator.check(path + "user_id", userId);
        IdValidator.check(path + "action", action);
        if (!requestId.isEmpty()) {
            IdValidator.check(path + "request_id", requestId);
        }
        return new RateCheck(RateCheck.key(userId, action), limits.require(action), hits, requestId);
    }

    private static int hits(String field, int hits, int min) {
        if (hits < min || hits > Policy.MAX_LIMIT) {
            throw new InvalidFieldException(field, hits, min + " to " + Policy.MAX_LIMIT);
        }
        return hits;
    }

    private static BatchCheckRateResponse allOrNothing(List<Decision> verdicts) {
        return allowedIfAllAre(verdicts.stream().map(RateLimitService::response).toList());
    }

    private CompletableFuture<BatchCheckRateResponse> independent(List<RateCheck> checks) {
        ItemErrors errors = new ItemErrors(RateLimitServiceGrpc.getBatchCheckRateMethod());
        List<CompletableFuture<CheckRateResponse>> answers = checks.stream()
                .map(check -> limits.check(check).thenApply(RateLimitService::response))
                .toList();
        return Futures.allSettled(answers, failure -> undecided(errors.reason(failure)))
                .thenApply(RateLimitService::allowedIfAllAre);
    }

    private static BatchCheckRateResponse allowedIfAllAre(List<CheckRateResponse> results) {
        return BatchCheckRateResponse.newBuilder()
                .setAllowed(results.stream().allMatch(CheckRateResponse::getAllowed))
                .addAllResults(results)
                .build();
    }

    private static CheckRateResponse undecided(ErrorReason reason) {
        return CheckRateResponse.newBuilder().setErrorReason(reason.name()).build();
    }

    private static CheckRateResponse response(Decision verdict) {
        Duration reset = ProtoTime.duration(verdict.resetMillis());
        CheckRateResponse.Builder response = CheckRateResponse.newBuilder()
                .setAllowed(verdict.allowed())
                .setLimit(verdict.limit())
                .setRemaining(verdict.remaining())
                .setResetAfter(reset)
                .setDegraded(verdict.degraded());
        if (verdict.retryMillis() > 0) {
            response.setRetryAfter(
                    verdict.retryMillis() == verdict.resetMillis() ? reset : ProtoTime.duration(verdict.retryMillis()));
        }
        return response.build();
    }
}
