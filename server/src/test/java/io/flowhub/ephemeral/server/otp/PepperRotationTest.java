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
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
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

    private final String user = UniqueIds.next();
    private final OtpCalls before = new OtpCalls(BEFORE.channel());
    private final OtpCalls prepared = new OtpCalls(PREPARED.channel());
    private final OtpCalls during = new OtpCalls(DURING.channel());
    private final OtpCalls after = new OtpCalls(AFTER.channel());

    @Test
    void codeUnderThePreviousPepperIsValid() {
        assertThat(during.result(codeOf(before, user))).isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void newCodeUsesTheNewPepper() {
        VerifyOtpRequest.Builder code = codeOf(during, user);
        assertThat(before.result(code)).isEqualTo(Result.RESULT_INVALID);
        assertThat(after.result(code)).isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void serversBeforeAndAfterTheSwitchAcceptEachOthersCodes() {
        assertThat(prepared.result(codeOf(during, user))).isEqualTo(Result.RESULT_VALID);
        assertThat(during.result(codeOf(prepared, user + "-2"))).isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void codeUnderARemovedPepperIsInvalid() {
        assertThat(after.result(codeOf(before, user))).isEqualTo(Result.RESULT_INVALID);
    }

    @Test
    void retriesAreRecognizedAcrossTheRotation() {
        IssueOtpRequest.Builder request = issueRequest(user).setRequestId("r");
        String challenge = before.issue(request).getChallengeId();
        IssuedOtp again = during.issue(request);
        assertThat(again.getChallengeId()).isEqualTo(challenge);

        var wrong = verifyRequest(user, otherCode(again.getCode())).setRequestId("v");
        assertThat(before.result(wrong)).isEqualTo(Result.RESULT_INVALID);
        assertThat(during.result(wrong)).isEqualTo(Result.RESULT_INVALID);
        try (var redis = TestRedis.jedis()) {
            assertThat(redis.hget(OtpCalls.guardKey(user), "hour")).isEqualTo("1");
        }
    }

    private static VerifyOtpRequest.Builder codeOf(OtpCalls issuer, String user) {
        return verifyRequest(user, issuer.issue(user).getCode());
    }
}
