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

/** Stands in for {@link OtpService} where there is no pepper: says so to everybody, and what to do about it. */
final class DisabledOtpService extends OtpServiceGrpc.OtpServiceImplBase {

    /** For people: why, and what to do. */
    static final String DISABLED_MESSAGE =
            "One-time passwords are off: codes in an external Redis need a pepper; make one with"
                    + " `openssl rand -base64 32`, the same for all servers, and name its file in EPHEMERAL_OTP_PEPPER_FILE";

    @Override
    public void issueOtp(IssueOtpRequest request, StreamObserver<IssueOtpResponse> observer) {
        refuse(observer);
    }

    @Override
    public void verifyOtp(VerifyOtpRequest request, StreamObserver<VerifyOtpResponse> observer) {
        refuse(observer);
    }

    @Override
    public void revokeOtp(RevokeOtpRequest request, StreamObserver<RevokeOtpResponse> observer) {
        refuse(observer);
    }

    private static <R> void refuse(StreamObserver<R> observer) {
        UnaryCalls.<R, R>respond(
                observer,
                () -> {
                    throw new FeatureDisabledException(ErrorReason.ERROR_REASON_OTP_DISABLED, DISABLED_MESSAGE);
                },
                response -> response);
    }
}
