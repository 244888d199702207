package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.grpc.Channel;
import java.util.concurrent.TimeUnit;

/** What the tests of this package share. */
final class OtpCalls {

    static final String PEPPER = "pepper-of-the-tests-pepper-of-the-tests";

    /** The numbers that are there by default. */
    static final String STRICT = "\notp.pepper: " + PEPPER + "\n";

    /** As many codes as a test needs; failures are counted as by default. */
    static final String ROOMY = STRICT + "otp.resend_cooldown: 0s\notp.max_issues_per_hour: 100\n";

    static OtpServiceBlockingStub on(Channel channel) {
        return OtpServiceGrpc.newBlockingStub(channel).withDeadlineAfter(100, TimeUnit.SECONDS);
    }

    static IssueOtpRequest wish(String user) {
        return IssueOtpRequest.newBuilder().setUserId(user).build();
    }

    static IssuedOtp issue(OtpServiceBlockingStub otp, String user) {
        return issue(otp, wish(user));
    }

    static IssuedOtp issue(OtpServiceBlockingStub otp, IssueOtpRequest wish) {
        var answer = otp.issueOtp(wish);
        if (!answer.hasIssued()) {
            throw new AssertionError("refused: " + answer.getRefused());
        }
        return answer.getIssued();
    }

    static RefusedOtp refusal(OtpServiceBlockingStub otp, IssueOtpRequest wish) {
        var answer = otp.issueOtp(wish);
        if (!answer.hasRefused()) {
            throw new AssertionError("a code was issued");
        }
        return answer.getRefused();
    }

    static VerifyOtpRequest code(String user, String code) {
        return VerifyOtpRequest.newBuilder().setUserId(user).setCode(code).build();
    }

    /** Another code than this one. */
    static String notThe(String code) {
        int last = code.length() - 1;
        return code.substring(0, last) + (code.charAt(last) == '9' ? '0' : (char) (code.charAt(last) + 1));
    }

    static String guard(String user) {
        return "{otp:" + user + "}:guard";
    }

    static String marker(String user) {
        return "session:" + user + ":otp_valid";
    }

    private OtpCalls() {}
}
