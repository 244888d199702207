package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.code;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.refusal;
import static io.flowhub.ephemeral.server.otp.OtpCalls.wish;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.RefusedOtp.Reason;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** How often a code is issued, by the numbers that are there by default. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OtpIssueLimitContractTest {

    private Topology topology;
    private TestServer server;
    private OtpServiceBlockingStub otp;
    private String user;

    abstract Topology open() throws IOException;

    @BeforeAll
    void start() throws IOException {
        topology = open();
        server = TestServer.start(topology.yaml() + OtpCalls.STRICT);
    }

    @AfterAll
    void stop() {
        server.close();
        topology.assertAllExpire();
        topology.close();
    }

    @BeforeEach
    void freshUser() {
        otp = OtpCalls.on(server.channel());
        user = UniqueIds.next();
    }

    @Test
    void o18_secondCodeWithinTheCooldownIsRefusedAndTheFirstStays() {
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
    void o18_sixthCodeOfTheHourIsRefused() {
        for (int i = 0; i < 5; i++) {
            IssuedOtp issued = issue(otp, user);
            assertThat(otp.verifyOtp(code(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_VALID);
            cooldownPasses();
        }
        RefusedOtp refused = refusal(otp, wish(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_SEND_LIMIT);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(3_500_000L, 3_600_000L);
        topology.client().hincrBy(OtpCalls.guard(user), "sends_at", -3_600_001);
        assertThat(otp.issueOtp(wish(user)).hasIssued()).as("in the next hour").isTrue();
    }

    @Test
    void o18_retryAfterIsTheLongestOfWhatStandsInTheWay() {
        issue(otp, user);
        long passed = 3_600_000 - 5_000;
        topology.client().hset(OtpCalls.guard(user), "sends", "5");
        topology.client().hincrBy(OtpCalls.guard(user), "sends_at", -passed);
        RefusedOtp refused = refusal(otp, wish(user));
        assertThat(refused.getReason()).isEqualTo(Reason.REASON_SEND_LIMIT);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(25_000L, 30_000L);
    }

    @Test
    void o18_of48WishesAtOnceOneIsGranted() throws Exception {
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
        topology.client().hincrBy(OtpCalls.guard(user), "last", -30_001);
    }
}
