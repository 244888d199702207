package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Replacing the pepper server by server while codes are active. */
@Tag("contract")
class PepperRotationTest {

    private static final String OLD = "the-old-pepper-the-old-pepper-the-old";
    private static final String NEW = OtpCalls.PEPPER;

    @AutoClose
    private static final TestServer BEFORE = TestServer.shared("otp.pepper: " + OLD);

    @AutoClose
    private static final TestServer PREPARED = TestServer.shared("otp.pepper: " + OLD, "otp.previous_pepper: " + NEW);

    @AutoClose
    private static final TestServer DURING = TestServer.shared("otp.pepper: " + NEW, "otp.previous_pepper: " + OLD);

    @AutoClose
    private static final TestServer AFTER = TestServer.shared("otp.pepper: " + NEW);

    @Test
    void codeIsValidOnTheServersThatHaveItsPepper() {
        assertThat(resultOf(BEFORE, DURING)).as("previous pepper").isEqualTo(Result.RESULT_VALID);
        assertThat(resultOf(BEFORE, AFTER)).as("removed pepper").isEqualTo(Result.RESULT_INVALID);
        assertThat(resultOf(DURING, AFTER)).as("new pepper").isEqualTo(Result.RESULT_VALID);
        assertThat(resultOf(DURING, BEFORE)).as("unknown pepper").isEqualTo(Result.RESULT_INVALID);
        assertThat(resultOf(DURING, PREPARED)).as("announced pepper").isEqualTo(Result.RESULT_VALID);
        assertThat(resultOf(PREPARED, DURING)).as("old pepper").isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void retriesAreRecognizedAcrossTheRotation() {
        OtpCalls before = new OtpCalls(BEFORE.channel());
        OtpCalls during = new OtpCalls(DURING.channel());
        String user = UniqueIds.next();
        IssueOtpRequest.Builder request = issueRequest(user).setRequestId("r");
        String challenge = before.issue(request).getChallengeId();
        IssuedOtp again = during.issue(request);
        assertThat(again.getChallengeId()).isEqualTo(challenge);

        var wrong = verifyRequest(user, otherCode(again.getCode())).setRequestId("v");
        assertThat(before.result(wrong)).isEqualTo(Result.RESULT_INVALID);
        assertThat(during.result(wrong)).isEqualTo(Result.RESULT_INVALID);
        try (var redis = TestRedis.jedis()) {
            assertThat(new OtpGuard(redis, user).get("hour")).isEqualTo(1);
        }
    }

    private static Result resultOf(TestServer issuer, TestServer verifier) {
        String user = UniqueIds.next();
        String code = new OtpCalls(issuer.channel()).issue(user).getCode();
        return new OtpCalls(verifier.channel()).result(verifyRequest(user, code));
    }
}
