package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_VALID;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code otp.require_challenge}. */
@Tag("contract")
class OtpRequireChallengeTest {

    @AutoClose
    private final TestServer server =
            TestServer.on(TestRedis.url(), OtpCalls.DEFAULT_LIMITS, "otp.require_challenge: true");

    private final OtpCalls otp = new OtpCalls(server.channel());

    @Test
    void attemptWithoutAChallengeIsRejectedAndNotCounted() {
        String user = UniqueIds.next();
        IssuedOtp code = otp.issue(user);
        for (int i = 0; i < 20; i++) {
            StatusAssert.invalidField("challenge_id", () -> otp.verify(verifyRequest(user, code.getCode())));
        }
        assertThat(otp.result(verifyRequest(user, code.getCode()).setChallengeId(code.getChallengeId())))
                .isEqualTo(RESULT_VALID);
    }
}
