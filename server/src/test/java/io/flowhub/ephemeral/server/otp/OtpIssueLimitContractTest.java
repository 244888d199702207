package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.refusal;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract of the limits of IssueOtp, with their defaults. */
@Tag("contract")
@OnSingleAndCluster
class OtpIssueLimitContractTest extends TwoServersSuite {

    private OtpServiceBlockingStub otp;
    private String user;

    OtpIssueLimitContractTest() {
        super(OtpCalls.DEFAULT_LIMITS);
    }

    @BeforeEach
    void newUser() {
        otp = OtpCalls.on(servers.first());
        user = UniqueIds.next();
    }

    @Test
    void secondIssueWithinTheCooldownIsRefusedAndTheFirstCodeStays() {
        IssuedOtp issued = issue(otp, user);
        assertThat(issued.getResendAfter()).isEqualTo(Durations.fromSeconds(30));
        RefusedOtp refused = refusal(otp, issueRequest(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_COOLDOWN);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(25_000L, 30_000L);
        assertThat(otp.verifyOtp(verifyRequest(user, issued.getCode())).getResult())
                .isEqualTo(Result.RESULT_VALID);
        assertThat(refusal(otp, issueRequest(user)).getReason())
                .as("a success does not end the cooldown")
                .isEqualTo(Reason.REASON_COOLDOWN);
    }

    @Test
    void sixthCodeOfTheHourIsRefused() {
        for (int i = 0; i < 5; i++) {
            IssuedOtp issued = issue(otp, user);
            assertThat(otp.verifyOtp(verifyRequest(user, issued.getCode())).getResult())
                    .isEqualTo(Result.RESULT_VALID);
            endTheCooldown();
        }
        RefusedOtp refused = refusal(otp, issueRequest(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_ISSUE_LIMIT);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(3_500_000L, 3_600_000L);
        redis.hincrBy(OtpCalls.guardKey(user), "issues_at", -3_600_001);
        assertThat(otp.issueOtp(issueRequest(user)).hasIssued())
                .as("in the next hour")
                .isTrue();
    }

    @Test
    void retryAfterIsTheLongestWait() {
        issue(otp, user);
        long elapsed = 3_600_000 - 5_000;
        redis.hset(OtpCalls.guardKey(user), "issues", "5");
        redis.hincrBy(OtpCalls.guardKey(user), "issues_at", -elapsed);
        RefusedOtp refused = refusal(otp, issueRequest(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_ISSUE_LIMIT);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(25_000L, 30_000L);
    }

    @Test
    void exactlyOneOf48ConcurrentIssuesSucceeds() throws Exception {
        List<IssueOtpResponse> responses = Concurrently.run(48, i -> otp.issueOtp(issueRequest(user)));
        assertThat(responses).filteredOn(IssueOtpResponse::hasIssued).hasSize(1);
        assertThat(responses)
                .filteredOn(IssueOtpResponse::hasRefused)
                .extracting(response -> response.getRefused().getReason())
                .containsOnly(Reason.REASON_COOLDOWN);
    }

    @Test
    void repeatedIssueCountsAgainstNeitherCooldownNorLimit() {
        IssueOtpRequest request =
                issueRequest(user).toBuilder().setRequestId("r").build();
        IssuedOtp last = issue(otp, request);
        for (int i = 0; i < 7; i++) {
            IssuedOtp again = issue(otp, request);
            assertThat(again.getChallengeId()).isEqualTo(last.getChallengeId());
            assertThat(Durations.toMillis(again.getResendAfter())).isBetween(20_000L, 30_000L);
            last = again;
        }
        assertThat(refusal(otp, issueRequest(user)).getReason()).isEqualTo(Reason.REASON_COOLDOWN);
        assertThat(refusal(otp, request.toBuilder().setRequestId("other").build())
                        .getReason())
                .isEqualTo(Reason.REASON_COOLDOWN);
        assertThat(refusal(otp, request.toBuilder().setSessionBinding("other").build())
                        .getReason())
                .isEqualTo(Reason.REASON_COOLDOWN);
        endTheCooldown();
        assertThat(otp.issueOtp(issueRequest(user)).hasIssued()).isTrue();
    }

    private void endTheCooldown() {
        redis.hincrBy(OtpCalls.guardKey(user), "last_issue", -30_001);
    }
}
