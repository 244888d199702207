package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.error.FeatureDisabledException;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.RevokeOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.grpc.stub.StreamObserver;

/** Replaces {@link OtpService} without a pepper: every call fails with ERROR_REASON_OTP_DISABLED. */
final class DisabledOtpService extends OtpServiceGrpc.OtpServiceImplBase {

    /** The cause and the fix, for the operator. */
    static final String DISABLED_MESSAGE =
            "One-time passwords are disabled: codes in an external Redis need a pepper; generate one with"
                    + " `openssl rand -base64 32`, the same for all servers, and name its file in EPHEMERAL_OTP_PEPPER_FILE";

    @Override
    public void issueOtp(IssueOtpRequest request, StreamObserver<IssueOtpResponse> observer) {
        reject(observer);
    }

    @Override
    public void verifyOtp(VerifyOtpRequest request, StreamObserver<VerifyOtpResponse> observer) {
        reject(observer);
    }

    @Override
    public void revokeOtp(RevokeOtpRequest request, StreamObserver<RevokeOtpResponse> observer) {
        reject(observer);
    }

    private static <R> void reject(StreamObserver<R> observer) {
        UnaryCalls.<R, R>respond(
                observer,
                () -> {
                    throw new FeatureDisabledException(ErrorReason.ERROR_REASON_OTP_DISABLED, DISABLED_MESSAGE);
                },
                response -> response);
    }
}
