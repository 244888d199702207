package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Replacing the pepper server by server while codes are active. */
@Tag("contract")
class PepperRotationTest {

    private static final String OLD = "otp.pepper: the-old-pepper-the-old-pepper-the-old";
    private static final String NEW = "otp.pepper: " + OtpCalls.PEPPER;
    private static final String PREVIOUS_OLD = "otp.previous_pepper: the-old-pepper-the-old-pepper-the-old";

    private static final String PREVIOUS_NEW = "otp.previous_pepper: " + OtpCalls.PEPPER;

    private static TestServer before;
    private static TestServer prepared;
    private static TestServer during;
    private static TestServer after;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        before = TestServer.on(TestRedis.url(), OLD);
        prepared = TestServer.on(TestRedis.url(), OLD, PREVIOUS_NEW);
        during = TestServer.on(TestRedis.url(), NEW, PREVIOUS_OLD);
        after = TestServer.on(TestRedis.url(), NEW);
    }

    @AfterAll
    static void stop() {
        before.close();
        prepared.close();
        during.close();
        after.close();
    }

    @Test
    void codeUnderThePreviousPepperIsValid() {
        IssuedOtp issued = issue(OtpCalls.on(before.channel()), user);
        assertThat(verify(during, issued.getCode(), "")).isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void newCodeUsesTheNewPepper() {
        IssuedOtp issued = issue(OtpCalls.on(during.channel()), user);
        assertThat(verify(before, issued.getCode(), "")).isEqualTo(Result.RESULT_INVALID);
        assertThat(verify(after, issued.getCode(), "")).isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void serversBeforeAndAfterTheSwitchAcceptEachOthersCodes() {
        IssuedOtp issued = issue(OtpCalls.on(during.channel()), user);
        assertThat(verify(prepared, issued.getCode(), "")).isEqualTo(Result.RESULT_VALID);
        issued = issue(OtpCalls.on(prepared.channel()), issueRequest(user + "-2"));
        assertThat(OtpCalls.on(during.channel())
                        .verifyOtp(verifyRequest(user + "-2", issued.getCode()))
                        .getResult())
                .isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void codeUnderARemovedPepperIsInvalid() {
        IssuedOtp issued = issue(OtpCalls.on(before.channel()), user);
        assertThat(verify(after, issued.getCode(), "")).isEqualTo(Result.RESULT_INVALID);
    }

    @Test
    void retriesAreRecognizedAcrossTheRotation() {
        var request = issueRequest(user).toBuilder().setRequestId("r").build();
        IssuedOtp original = issue(OtpCalls.on(before.channel()), request);
        IssuedOtp again = issue(OtpCalls.on(during.channel()), request);
        assertThat(again.getChallengeId()).isEqualTo(original.getChallengeId());

        assertThat(verify(before, otherCode(again.getCode()), "v")).isEqualTo(Result.RESULT_INVALID);
        assertThat(verify(during, otherCode(again.getCode()), "v")).isEqualTo(Result.RESULT_INVALID);
        try (var redis = TestRedis.jedis()) {
            assertThat(redis.hget(OtpCalls.guardKey(user), "hour")).isEqualTo("1");
        }
    }

    private Result verify(TestServer server, String code, String requestId) {
        return OtpCalls.on(server.channel())
                .verifyOtp(verifyRequest(user, code).toBuilder()
                        .setRequestId(requestId)
                        .build())
                .getResult();
    }
}
