package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.RevokeOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** The gRPC service of one-time passwords: validates requests, calls the store, builds responses. */
final class OtpService extends OtpServiceGrpc.OtpServiceImplBase {

    private final OtpStore store;
    private final OtpMetrics metrics;

    OtpService(OtpStore store, OtpMetrics metrics) {
        this.store = store;
        this.metrics = metrics;
    }

    @Override
    public void issueOtp(IssueOtpRequest request, StreamObserver<IssueOtpResponse> observer) {
        UnaryCalls.respond(observer, () -> issue(request), this::issueResponse);
    }

    private CompletableFuture<IssueResult> issue(IssueOtpRequest request) {
        OtpScope scope = scope(request.getUserId(), request.getPurpose(), request.getSessionBinding());
        return store.issue(scope, optionalId("request_id", request.getRequestId()));
    }

    @Override
    public void verifyOtp(VerifyOtpRequest request, StreamObserver<VerifyOtpResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.verify(attempt(request)),
                result -> verifyResponse(result, request.getSessionBinding()));
    }

    @Override
    public void revokeOtp(RevokeOtpRequest request, StreamObserver<RevokeOtpResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.revoke(IdValidator.check("user_id", request.getUserId())),
                revoked -> RevokeOtpResponse.getDefaultInstance());
    }

    private VerifyAttempt attempt(VerifyOtpRequest request) {
        return new VerifyAttempt(
                scope(request.getUserId(), request.getPurpose(), request.getSessionBinding()),
                code(request.getCode()),
                challengeId(request.getChallengeId()),
                optionalId("request_id", request.getRequestId()));
    }

    private String challengeId(String id) {
        return store.requireChallenge() ? IdValidator.check("challenge_id", id) : optionalId("challenge_id", id);
    }

    private static OtpScope scope(String userId, String purpose, String sessionBinding) {
        return new OtpScope(
                IdValidator.check("user_id", userId),
                optionalId("purpose", purpose),
                ValueValidator.check("session_binding", sessionBinding));
    }

    private static String optionalId(String field, String id) {
        return id.isEmpty() ? id : IdValidator.check(field, id);
    }

    /** Accepts ASCII digits only, unlike {@link Character#isDigit(char)}. */
    private String code(String code) {
        if (code.length() != store.digits() || !code.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw InvalidFieldException.redacted("code", store.digits() + " digits");
        }
        return code;
    }

    private IssueOtpResponse issueResponse(IssueResult result) {
        metrics.onIssue(result);
        if (result instanceof IssueResult.Issued issued) {
            return IssueOtpResponse.newBuilder()
                    .setIssued(IssuedOtp.newBuilder()
                            .setChallengeId(issued.challengeId())
                            .setCode(issued.code())
                            .setExpireTime(ProtoTime.timestamp(issued.expireMillis()))
                            .setResendAfter(ProtoTime.duration(issued.resendAfterMillis())))
                    .build();
        }
        IssueResult.Refused refused = (IssueResult.Refused) result;
        return IssueOtpResponse.newBuilder()
                .setRefused(RefusedOtp.newBuilder()
                        .setReason(reason(refused.reason()))
                        .setRetryAfter(ProtoTime.duration(refused.retryAfterMillis())))
                .build();
    }

    private static RefusedOtp.Reason reason(IssueResult.RefusalReason reason) {
        return switch (reason) {
            case COOLDOWN -> RefusedOtp.Reason.REASON_COOLDOWN;
            case ISSUE_LIMIT -> RefusedOtp.Reason.REASON_ISSUE_LIMIT;
            case LOCKED -> RefusedOtp.Reason.REASON_LOCKED;
        };
    }

    private VerifyOtpResponse verifyResponse(VerifyResult result, String sessionBinding) {
        metrics.onVerify(result);
        if (result instanceof VerifyResult.Invalid invalid) {
            return VerifyOtpResponse.newBuilder()
                    .setResult(VerifyOtpResponse.Result.RESULT_INVALID)
                    .setAttemptsLeft(invalid.attemptsLeft())
                    .build();
        }
        VerifyOtpResponse.Builder response = VerifyOtpResponse.newBuilder()
                .setResult(VerifyOtpResponse.Result.RESULT_VALID)
                .setFlagValue(OtpValidFlag.value(sessionBinding));
        long flagExpireMillis = ((VerifyResult.Valid) result).flagExpireMillis();
        if (flagExpireMillis > 0) {
            response.setExpireTime(ProtoTime.timestamp(flagExpireMillis));
        }
        return response.build();
    }
}
