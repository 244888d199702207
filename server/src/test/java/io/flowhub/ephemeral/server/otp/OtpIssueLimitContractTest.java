package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.v1.RefusedOtp.Reason.REASON_COOLDOWN;
import static io.flowhub.ephemeral.v1.RefusedOtp.Reason.REASON_ISSUE_LIMIT;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_VALID;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract of the limits of IssueOtp, with their defaults. */
@Tag("contract")
@OnSingleAndCluster
class OtpIssueLimitContractTest extends OtpSuite {

    OtpIssueLimitContractTest() {
        super(OtpCalls.DEFAULT_LIMITS);
    }

    @Test
    void secondIssueWithinTheCooldownIsRefusedAndTheFirstCodeStays() {
        IssuedOtp issued = first.issue(user);
        assertThat(issued.getResendAfter()).isEqualTo(Durations.fromSeconds(30));
        first.assertRefused(user, REASON_COOLDOWN, 25_000, 30_000);
        assertThat(first.result(right(issued))).isEqualTo(RESULT_VALID);
        first.assertRefused(user, REASON_COOLDOWN, 1, 30_000); // a success does not end the cooldown
    }

    @Test
    void sixthCodeOfTheHourIsRefused() {
        for (int i = 0; i < 5; i++) {
            assertThat(first.result(right(first.issue(user)))).isEqualTo(RESULT_VALID);
            endTheCooldown();
        }
        first.assertRefused(user, REASON_ISSUE_LIMIT, 3_500_000, 3_600_000);
        moveGuardTime("issues_at", -3_600_001);
        first.issue(user); // in the next hour
    }

    @Test
    void retryAfterIsTheLongestWait() {
        first.issue(user);
        guard().set("issues", 5);
        moveGuardTime("issues_at", -(3_600_000 - 5_000));
        first.assertRefused(user, REASON_ISSUE_LIMIT, 25_000, 30_000);
    }

    @Test
    void exactlyOneOf48ConcurrentIssuesSucceeds() throws Exception {
        List<IssueOtpResponse> responses = Concurrently.run(48, i -> first.tryIssue(issueRequest(user)));
        assertThat(responses)
                .filteredOn(response -> response.getRefused().getReason() != REASON_COOLDOWN)
                .singleElement()
                .matches(IssueOtpResponse::hasIssued);
    }

    @Test
    void repeatedIssueCountsAgainstNeitherCooldownNorLimit() {
        IssueOtpRequest.Builder request = issueRequest(user).setRequestId("r");
        String challenge = first.issue(request).getChallengeId();
        for (int i = 0; i < 7; i++) {
            IssuedOtp again = first.issue(request);
            assertThat(again.getChallengeId()).isEqualTo(challenge);
            assertThat(Durations.toMillis(again.getResendAfter())).isBetween(20_000L, 30_000L);
        }
        for (IssueOtpRequest.Builder other : List.of(
                issueRequest(user),
                request.clone().setRequestId("other"),
                request.clone().setSessionBinding("other"))) {
            assertThat(first.refusal(other).getReason()).isEqualTo(REASON_COOLDOWN);
        }
        endTheCooldown();
        first.issue(user);
    }

    private void endTheCooldown() {
        moveGuardTime("last_issue", -30_001);
    }
}
