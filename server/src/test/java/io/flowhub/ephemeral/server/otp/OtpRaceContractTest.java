package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.refusal;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract of one-time passwords under concurrent calls to two servers. */
@Tag("contract")
@OnSingleAndCluster
class OtpRaceContractTest extends OtpSuite {

    @Test
    void exactlyFiveOf64ConcurrentWrongCodesAreChecked() throws Exception {
        IssuedOtp issued = issueWithRetry(user);
        VerifyOtpRequest right = verifyRequest(user, issued.getCode()).toBuilder()
                .setChallengeId(issued.getChallengeId())
                .build();
        VerifyOtpRequest wrong =
                right.toBuilder().setCode(otherCode(issued.getCode())).build();
        List<VerifyOtpResponse> responses = Concurrently.run(64, i -> verify(i, wrong));
        assertThat(failedAttemptsOfTheHour()).isEqualTo(5);
        assertThat(responses).extracting(VerifyOtpResponse::getResult).containsOnly(Result.RESULT_INVALID);
        assertThat(responses)
                .extracting(VerifyOtpResponse::getAttemptsLeft)
                .filteredOn(left -> left > 0)
                .containsExactlyInAnyOrder(4, 3, 2, 1);
        assertThat(verify(0, right).getResult()).isEqualTo(Result.RESULT_INVALID);
        assertThat(redis.exists(OtpCalls.otpValidKey(user))).isFalse();
    }

    @Test
    void exactlyTenOf1280WrongCodesAreChecked() throws Exception {
        IssuedOtp issued = issueWithRetry(user);
        VerifyOtpRequest wrong = verifyRequest(user, otherCode(issued.getCode()));
        List<Integer> attemptsLeft = Concurrently.run(64, i -> {
            int sum = 0;
            for (int call = 0; call < 20; call++) {
                VerifyOtpResponse response = verify(i + call, wrong);
                assertThat(response.getResult()).isEqualTo(Result.RESULT_INVALID);
                sum += response.getAttemptsLeft();
            }
            return sum;
        });
        assertThat(failedAttemptsOfTheHour()).isEqualTo(10);
        assertThat(failedAttemptsOfTheDay()).isEqualTo(10);
        assertThat(attemptsLeft.stream().mapToInt(Integer::intValue).sum())
                .as("4 3 2 1 0 twice, and 0 for each code that was not checked")
                .isEqualTo(20);
        assertThat(verify(1, verifyRequest(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_INVALID);
        assertThat(Retry.untilAvailable(Duration.ofSeconds(40), () -> refusal(first, issueRequest(user)))
                        .getReason())
                .isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
    }

    @Test
    void concurrentReissuesDoNotRaiseTheLimitOfAttempts() throws Exception {
        List<Integer> issued = Concurrently.run(64, i -> {
            int codes = 0;
            for (int call = 0; call < 5; call++) {
                codes += issueResponse(i + call).hasIssued() ? 1 : 0;
                verify(i + call + 1, verifyRequest(user, "000000"));
            }
            return codes;
        });
        assertThat(failedAttemptsOfTheHour()).isEqualTo(10);
        assertThat(issued).as("callers that issued a code before the lock").anyMatch(codes -> codes > 0);
        assertThat(Retry.untilAvailable(Duration.ofSeconds(40), () -> refusal(first, issueRequest(user)))
                        .getReason())
                .isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
    }

    @Test
    void exactlyOneOf48ConcurrentRightCodesIsValid() throws Exception {
        for (int round = 0; round < 50; round++) {
            String racer = UniqueIds.next();
            IssuedOtp issued = issueWithRetry(racer);
            List<VerifyOtpResponse> responses =
                    Concurrently.run(48, i -> verify(i, verifyRequest(racer, issued.getCode())));
            assertThat(responses)
                    .extracting(VerifyOtpResponse::getResult)
                    .filteredOn(result -> result == Result.RESULT_VALID)
                    .as("round " + round)
                    .hasSize(1);
            if (responses.stream()
                    .anyMatch(VerifyOtpResponse::hasExpireTime)) { // otherwise the response of the winner was lost
                assertThat(redis.get(OtpCalls.otpValidKey(racer))).isEqualTo("1");
            }
        }
    }

    @Test
    void all48ConcurrentRetriesGetTheSameResult() throws Exception {
        VerifyOtpRequest wrong =
                verifyRequest(user, "000000").toBuilder().setRequestId("r").build();
        assertThat(Concurrently.run(48, i -> verify(i, wrong)).stream().distinct())
                .hasSize(1);
        assertThat(failedAttemptsOfTheHour()).isEqualTo(1);
        IssuedOtp issued = issueWithRetry(user);
        VerifyOtpRequest right = verifyRequest(user, issued.getCode()).toBuilder()
                .setRequestId("r")
                .build();
        assertThat(Concurrently.run(48, i -> verify(i, right)))
                .extracting(VerifyOtpResponse::getResult)
                .containsOnly(Result.RESULT_VALID);
    }

    @Test
    void all48ConcurrentRetriesOfAnIssueGetOneChallengeAndOneCodeIsValid() throws Exception {
        IssueOtpRequest request =
                issueRequest(user).toBuilder().setRequestId("r").build();
        List<IssuedOtp> issued = Concurrently.run(
                48, i -> Retry.untilAvailable(Duration.ofSeconds(40), () -> issue(server(i), request)));
        assertThat(issued)
                .extracting(IssuedOtp::getChallengeId)
                .containsOnly(issued.get(0).getChallengeId());
        assertThat(redis.hget(OtpCalls.guardKey(user), "issues")).isEqualTo("1");
        redis.hset(OtpCalls.guardKey(user), "hour", "0");
        Set<String> codes = issued.stream().map(IssuedOtp::getCode).collect(Collectors.toCollection(TreeSet::new));
        int valid = 0;
        for (String one : codes) {
            redis.hset(OtpCalls.guardKey(user), "hour", "0");
            redis.hset(OtpCalls.guardKey(user), "day", "0");
            if (redis.exists("otp:" + user)) {
                redis.hset("otp:" + user, "attempts", "0");
            }
            valid += verify(0, verifyRequest(user, one)).getResult() == Result.RESULT_VALID ? 1 : 0;
        }
        assertThat(valid).isEqualTo(1);
    }

    private IssuedOtp issueWithRetry(String id) {
        return Retry.untilAvailable(Duration.ofSeconds(40), () -> issue(first, id));
    }

    private IssueOtpResponse issueResponse(int i) {
        return Retry.untilAvailable(Duration.ofSeconds(40), () -> server(i).issueOtp(issueRequest(user)));
    }
}
