package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.grpc.Channel;
import java.util.concurrent.TimeUnit;

/** Calls, keys and settings that the tests of this package share. */
final class OtpCalls {

    static final String PEPPER = "pepper-of-the-tests-pepper-of-the-tests";

    /** A pepper and the default limits. */
    static final String DEFAULT_LIMITS = "\notp.pepper: " + PEPPER + "\n";

    /** As many issues as a test needs. Attempts have the default limits. */
    static final String MANY_ISSUES = DEFAULT_LIMITS + "otp.resend_cooldown: 0s\notp.max_issues_per_hour: 100\n";

    static OtpServiceBlockingStub on(Channel channel) {
        return OtpServiceGrpc.newBlockingStub(channel).withDeadlineAfter(100, TimeUnit.SECONDS);
    }

    static IssueOtpRequest issueRequest(String user) {
        return IssueOtpRequest.newBuilder().setUserId(user).build();
    }

    static IssuedOtp issue(OtpServiceBlockingStub otp, String user) {
        return issue(otp, issueRequest(user));
    }

    static IssuedOtp issue(OtpServiceBlockingStub otp, IssueOtpRequest request) {
        var response = otp.issueOtp(request);
        if (!response.hasIssued()) {
            throw new AssertionError("refused: " + response.getRefused());
        }
        return response.getIssued();
    }

    static RefusedOtp refusal(OtpServiceBlockingStub otp, IssueOtpRequest request) {
        var response = otp.issueOtp(request);
        if (!response.hasRefused()) {
            throw new AssertionError("a code was issued");
        }
        return response.getRefused();
    }

    static VerifyOtpRequest verifyRequest(String user, String code) {
        return VerifyOtpRequest.newBuilder().setUserId(user).setCode(code).build();
    }

    /** Returns another code than this one. */
    static String otherCode(String code) {
        int last = code.length() - 1;
        return code.substring(0, last) + (code.charAt(last) == '9' ? '0' : (char) (code.charAt(last) + 1));
    }

    static String guardKey(String user) {
        return "{otp:" + user + "}:guard";
    }

    static String otpValidKey(String user) {
        return "session:" + user + ":otp_valid";
    }

    private OtpCalls() {}
}
