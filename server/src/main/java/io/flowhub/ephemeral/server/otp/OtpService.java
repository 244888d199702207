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

/** The contract of one-time passwords: checks what comes in, writes what goes out. */
final class OtpService extends OtpServiceGrpc.OtpServiceImplBase {

    private final OtpStore otps;

    OtpService(OtpStore otps) {
        this.otps = otps;
    }

    @Override
    public void issueOtp(IssueOtpRequest request, StreamObserver<IssueOtpResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> otps.issue(
                        claim(request.getUserId(), request.getPurpose(), request.getSessionBinding()),
                        optional("request_id", request.getRequestId())),
                OtpService::response);
    }

    @Override
    public void verifyOtp(VerifyOtpRequest request, StreamObserver<VerifyOtpResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> otps.verify(submission(request)),
                verdict -> response(verdict, request.getSessionBinding()));
    }

    @Override
    public void revokeOtp(RevokeOtpRequest request, StreamObserver<RevokeOtpResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> otps.revoke(claim(request.getUserId(), "", "")),
                revoked -> RevokeOtpResponse.getDefaultInstance());
    }

    private VerifyAttempt submission(VerifyOtpRequest request) {
        return new VerifyAttempt(
                claim(request.getUserId(), request.getPurpose(), request.getSessionBinding()),
                code(request.getCode()),
                optional("challenge_id", request.getChallengeId()),
                optional("request_id", request.getRequestId()));
    }

    private static OtpScope claim(String userId, String purpose, String sessionBinding) {
        return new OtpScope(
                IdValidator.check("user_id", userId),
                optional("purpose", purpose),
                ValueValidator.check("session_binding", sessionBinding));
    }

    private static String optional(String field, String id) {
        return id.isEmpty() ? id : IdValidator.check(field, id);
    }

    /** The digits 0 to 9 only: other scripts have digits too. */
    private String code(String code) {
        if (code.length() != otps.digits() || !code.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw InvalidFieldException.redacted("code", otps.digits() + " digits");
        }
        return code;
    }

    private static IssueOtpResponse response(IssueResult outcome) {
        if (outcome instanceof IssueResult.Issued issued) {
            return IssueOtpResponse.newBuilder()
                    .setIssued(IssuedOtp.newBuilder()
                            .setChallengeId(issued.challengeId())
                            .setCode(issued.code())
                            .setExpireTime(ProtoTime.timestamp(issued.expireMillis()))
                            .setResendAfter(ProtoTime.duration(issued.resendMillis())))
                    .build();
        }
        IssueResult.Refused refused = (IssueResult.Refused) outcome;
        return IssueOtpResponse.newBuilder()
                .setRefused(RefusedOtp.newBuilder()
                        .setReason(refused.reason())
                        .setRetryAfter(ProtoTime.duration(refused.retryMillis())))
                .build();
    }

    private static VerifyOtpResponse response(VerifyResult verdict, String sessionBinding) {
        VerifyOtpResponse.Builder response = VerifyOtpResponse.newBuilder();
        if (!verdict.valid()) {
            return response.setResult(VerifyOtpResponse.Result.RESULT_INVALID)
                    .setAttemptsLeft(verdict.attemptsLeft())
                    .build();
        }
        if (verdict.expireMillis() > 0) {
            response.setExpireTime(ProtoTime.timestamp(verdict.expireMillis()));
        }
        return response.setResult(VerifyOtpResponse.Result.RESULT_VALID)
                .setFlagValue(OtpValidFlag.of(sessionBinding))
                .build();
    }
}
