package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.code;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.refusal;
import static io.flowhub.ephemeral.server.otp.OtpCalls.wish;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.RefusedOtp.Reason;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often a code is issued, with the default limits. */
@OnSingleAndCluster
class OtpIssueLimitContractTest extends TwoServersSuite {

    private OtpServiceBlockingStub otp;
    private String user;

    OtpIssueLimitContractTest() {
        super(OtpCalls.STRICT);
    }

    @BeforeEach
    void freshUser() {
        otp = OtpCalls.on(servers.first());
        user = UniqueIds.next();
    }

    @Test
    void secondIssueWithinTheCooldownIsRefusedAndTheFirstCodeStays() {
        IssuedOtp issued = issue(otp, user);
        assertThat(issued.getResendAfter()).isEqualTo(Durations.fromSeconds(30));
        RefusedOtp refused = refusal(otp, wish(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_COOLDOWN);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(25_000L, 30_000L);
        assertThat(otp.verifyOtp(code(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_VALID);
        assertThat(refusal(otp, wish(user)).getReason())
                .as("success is no way around")
                .isEqualTo(Reason.REASON_COOLDOWN);
    }

    @Test
    void sixthCodeOfTheHourIsRefused() {
        for (int i = 0; i < 5; i++) {
            IssuedOtp issued = issue(otp, user);
            assertThat(otp.verifyOtp(code(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_VALID);
            cooldownPasses();
        }
        RefusedOtp refused = refusal(otp, wish(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_SEND_LIMIT);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(3_500_000L, 3_600_000L);
        redis.hincrBy(OtpCalls.guard(user), "issues_at", -3_600_001);
        assertThat(otp.issueOtp(wish(user)).hasIssued()).as("in the next hour").isTrue();
    }

    @Test
    void retryAfterIsTheLongestOfWhatStandsInTheWay() {
        issue(otp, user);
        long passed = 3_600_000 - 5_000;
        redis.hset(OtpCalls.guard(user), "issues", "5");
        redis.hincrBy(OtpCalls.guard(user), "issues_at", -passed);
        RefusedOtp refused = refusal(otp, wish(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_SEND_LIMIT);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(25_000L, 30_000L);
    }

    @Test
    void exactlyOneOf48ConcurrentIssuesSucceeds() throws Exception {
        List<IssueOtpResponse> answers = Concurrently.run(48, i -> otp.issueOtp(wish(user)));
        assertThat(answers).filteredOn(IssueOtpResponse::hasIssued).hasSize(1);
        assertThat(answers)
                .filteredOn(IssueOtpResponse::hasRefused)
                .extracting(answer -> answer.getRefused().getReason())
                .containsOnly(Reason.REASON_COOLDOWN);
    }

    @Test
    void repeatedIssueIsChargedToNeitherCooldownNorBudget() {
        IssueOtpRequest wish = wish(user).toBuilder().setRequestId("r").build();
        IssuedOtp told = issue(otp, wish);
        for (int i = 0; i < 7; i++) {
            IssuedOtp again = issue(otp, wish);
            assertThat(again.getChallengeId()).isEqualTo(told.getChallengeId());
            assertThat(Durations.toMillis(again.getResendAfter())).isBetween(20_000L, 30_000L);
            told = again;
        }
        assertThat(refusal(otp, wish(user)).getReason()).isEqualTo(Reason.REASON_COOLDOWN);
        assertThat(refusal(otp, wish.toBuilder().setRequestId("other").build()).getReason())
                .isEqualTo(Reason.REASON_COOLDOWN);
        assertThat(refusal(otp, wish.toBuilder().setSessionBinding("other").build())
                        .getReason())
                .isEqualTo(Reason.REASON_COOLDOWN);
        cooldownPasses();
        assertThat(otp.issueOtp(wish(user)).hasIssued()).isTrue();
    }

    private void cooldownPasses() {
        redis.hincrBy(OtpCalls.guard(user), "last_issue", -30_001);
    }
}
