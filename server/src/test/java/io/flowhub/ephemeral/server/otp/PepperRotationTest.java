package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.code;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.notThe;
import static io.flowhub.ephemeral.server.otp.OtpCalls.wish;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One pepper replaces another, server by server, while codes live. */
class PepperRotationTest {

    private static final String OLD = "otp.pepper: the-old-pepper-the-old-pepper-the-old";
    private static final String NEW = "otp.pepper: " + OtpCalls.PEPPER;
    private static final String OLD_TOO = "otp.previous_pepper: the-old-pepper-the-old-pepper-the-old";

    private static final String NEW_TOO = "otp.previous_pepper: " + OtpCalls.PEPPER;

    private static TestServer before;
    private static TestServer prepared;
    private static TestServer during;
    private static TestServer after;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        before = TestServer.on(TestRedis.url(), OLD);
        prepared = TestServer.on(TestRedis.url(), OLD, NEW_TOO);
        during = TestServer.on(TestRedis.url(), NEW, OLD_TOO);
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
    void codeFromBeforeIsStillAccepted() {
        IssuedOtp issued = issue(OtpCalls.on(before.channel()), user);
        assertThat(verify(during, issued.getCode(), "")).isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void newCodesAreUnderTheNewPepper() {
        IssuedOtp issued = issue(OtpCalls.on(during.channel()), user);
        assertThat(verify(before, issued.getCode(), "")).isEqualTo(Result.RESULT_INVALID);
        assertThat(verify(after, issued.getCode(), "")).isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void serversOnBothSidesOfTheChangeAcceptEachOthersCodes() {
        IssuedOtp issued = issue(OtpCalls.on(during.channel()), user);
        assertThat(verify(prepared, issued.getCode(), "")).isEqualTo(Result.RESULT_VALID);
        issued = issue(OtpCalls.on(prepared.channel()), wish(user + "-2"));
        assertThat(OtpCalls.on(during.channel())
                        .verifyOtp(code(user + "-2", issued.getCode()))
                        .getResult())
                .isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void codeOfARemovedPepperIsInvalid() {
        IssuedOtp issued = issue(OtpCalls.on(before.channel()), user);
        assertThat(verify(after, issued.getCode(), "")).isEqualTo(Result.RESULT_INVALID);
    }

    @Test
    void repetitionsAreKnownAcrossTheRotation() {
        var wish = wish(user).toBuilder().setRequestId("r").build();
        IssuedOtp told = issue(OtpCalls.on(before.channel()), wish);
        IssuedOtp again = issue(OtpCalls.on(during.channel()), wish);
        assertThat(again.getChallengeId()).isEqualTo(told.getChallengeId());

        assertThat(verify(before, notThe(again.getCode()), "v")).isEqualTo(Result.RESULT_INVALID);
        assertThat(verify(during, notThe(again.getCode()), "v")).isEqualTo(Result.RESULT_INVALID);
        try (var redis = TestRedis.jedis()) {
            assertThat(redis.hget(OtpCalls.guard(user), "hour")).isEqualTo("1");
        }
    }

    private Result verify(TestServer server, String code, String requestId) {
        return OtpCalls.on(server.channel())
                .verifyOtp(code(user, code).toBuilder().setRequestId(requestId).build())
                .getResult();
    }
}
