package io.flowhub.ephemeral.server.otp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.RevokeOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.grpc.Channel;
import java.util.concurrent.TimeUnit;

/** Calls of OtpService on one server, and the keys and settings that the tests of this package share. */
record OtpCalls(Channel channel) {

    static final String PEPPER = "pepper-of-the-tests-pepper-of-the-tests";

    /** A pepper and the default limits. */
    static final String DEFAULT_LIMITS = "\notp.pepper: " + PEPPER + "\n";

    /** As many issues as a test needs. Attempts have the default limits. */
    static final String MANY_ISSUES = DEFAULT_LIMITS + "otp.resend_cooldown: 0s\notp.max_issues_per_hour: 100\n";

    static IssueOtpRequest.Builder issueRequest(String user) {
        return IssueOtpRequest.newBuilder().setUserId(user);
    }

    static VerifyOtpRequest.Builder verifyRequest(String user, String code) {
        return VerifyOtpRequest.newBuilder().setUserId(user).setCode(code);
    }

    /** Returns another code than this one. */
    static String otherCode(String code) {
        int last = code.length() - 1;
        return code.substring(0, last) + (code.charAt(last) == '9' ? '0' : (char) (code.charAt(last) + 1));
    }

    static String otpValidKey(String user) {
        return "session:" + user + ":otp_valid";
    }

    private OtpServiceBlockingStub stub() {
        return OtpServiceGrpc.newBlockingStub(channel).withDeadlineAfter(100, TimeUnit.SECONDS);
    }

    IssueOtpResponse tryIssue(IssueOtpRequest.Builder request) {
        return stub().issueOtp(request.build());
    }

    IssuedOtp issue(IssueOtpRequest.Builder request) {
        IssueOtpResponse response = tryIssue(request);
        assertThat(response.hasIssued()).as(response.toString()).isTrue();
        return response.getIssued();
    }

    IssuedOtp issue(String user) {
        return issue(issueRequest(user));
    }

    RefusedOtp refusal(IssueOtpRequest.Builder request) {
        IssueOtpResponse response = tryIssue(request);
        assertThat(response.hasRefused()).as(response.toString()).isTrue();
        return response.getRefused();
    }

    /** An issue without a request id is refused for this reason, and may be retried in so many milliseconds. */
    RefusedOtp assertRefused(String user, RefusedOtp.Reason reason, long atLeast, long atMost) {
        RefusedOtp refused = refusal(issueRequest(user));
        assertThat(refused.getReason()).isEqualTo(reason);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(atLeast, atMost);
        return refused;
    }

    VerifyOtpResponse verify(VerifyOtpRequest.Builder request) {
        return stub().verifyOtp(request.build());
    }

    VerifyOtpResponse.Result result(VerifyOtpRequest.Builder request) {
        return verify(request).getResult();
    }

    RevokeOtpResponse revoke(String user) {
        return stub().revokeOtp(RevokeOtpRequest.newBuilder().setUserId(user).build());
    }
}
