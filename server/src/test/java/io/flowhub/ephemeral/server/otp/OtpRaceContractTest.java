package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.code;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.notThe;
import static io.flowhub.ephemeral.server.otp.OtpCalls.refusal;
import static io.flowhub.ephemeral.server.otp.OtpCalls.wish;
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
import org.junit.jupiter.api.Test;

/** What holds of codes, however many callers race over two servers. */
@OnSingleAndCluster
class OtpRaceContractTest extends OtpSuite {

    @Test
    void exactlyFiveOf64ConcurrentWrongCodesAreChecked() throws Exception {
        IssuedOtp issued = issued(user);
        VerifyOtpRequest right = code(user, issued.getCode()).toBuilder()
                .setChallengeId(issued.getChallengeId())
                .build();
        VerifyOtpRequest wrong =
                right.toBuilder().setCode(notThe(issued.getCode())).build();
        List<VerifyOtpResponse> answers = Concurrently.run(64, i -> verify(i, wrong));
        assertThat(failuresOfTheHour()).isEqualTo(5);
        assertThat(answers).extracting(VerifyOtpResponse::getResult).containsOnly(Result.RESULT_INVALID);
        assertThat(answers)
                .extracting(VerifyOtpResponse::getAttemptsLeft)
                .filteredOn(left -> left > 0)
                .containsExactlyInAnyOrder(4, 3, 2, 1);
        assertThat(verify(0, right).getResult()).isEqualTo(Result.RESULT_INVALID);
        assertThat(redis.exists(OtpCalls.marker(user))).isFalse();
    }

    @Test
    void exactlyTenOf1280WrongCodesAreChecked() throws Exception {
        IssuedOtp issued = issued(user);
        VerifyOtpRequest wrong = code(user, notThe(issued.getCode()));
        List<Integer> leftInAll = Concurrently.run(64, i -> {
            int sum = 0;
            for (int call = 0; call < 20; call++) {
                VerifyOtpResponse answer = verify(i + call, wrong);
                assertThat(answer.getResult()).isEqualTo(Result.RESULT_INVALID);
                sum += answer.getAttemptsLeft();
            }
            return sum;
        });
        assertThat(failuresOfTheHour()).isEqualTo(10);
        assertThat(failuresOfTheDay()).isEqualTo(10);
        assertThat(leftInAll.stream().mapToInt(Integer::intValue).sum())
                .as("4 3 2 1 0 twice, and 0 for each that was not looked at")
                .isEqualTo(20);
        assertThat(verify(1, code(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_INVALID);
        assertThat(Retry.untilAvailable(Duration.ofSeconds(40), () -> refusal(first, wish(user)))
                        .getReason())
                .isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
    }

    @Test
    void reissueInTheRaceRaisesNoBudget() throws Exception {
        List<Integer> issued = Concurrently.run(64, i -> {
            int codes = 0;
            for (int call = 0; call < 5; call++) {
                codes += wished(i + call).hasIssued() ? 1 : 0;
                verify(i + call + 1, code(user, "000000"));
            }
            return codes;
        });
        assertThat(failuresOfTheHour()).isEqualTo(10);
        assertThat(issued).as("whoever failed first had a code before").anyMatch(codes -> codes > 0);
        assertThat(Retry.untilAvailable(Duration.ofSeconds(40), () -> refusal(first, wish(user)))
                        .getReason())
                .isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
    }

    @Test
    void of48RightCodesAtOnceOneIsValid() throws Exception {
        for (int round = 0; round < 50; round++) {
            String racer = UniqueIds.next();
            IssuedOtp issued = issued(racer);
            List<VerifyOtpResponse> answers = Concurrently.run(48, i -> verify(i, code(racer, issued.getCode())));
            assertThat(answers)
                    .extracting(VerifyOtpResponse::getResult)
                    .filteredOn(result -> result == Result.RESULT_VALID)
                    .as("round " + round)
                    .hasSize(1);
            if (answers.stream().anyMatch(VerifyOtpResponse::hasExpireTime)) { // else its answer was lost on the way
                assertThat(redis.get(OtpCalls.marker(racer))).isEqualTo("1");
            }
        }
    }

    @Test
    void all48ConcurrentRepetitionsGetOneResult() throws Exception {
        VerifyOtpRequest wrong =
                code(user, "000000").toBuilder().setRequestId("r").build();
        assertThat(Concurrently.run(48, i -> verify(i, wrong)).stream().distinct())
                .hasSize(1);
        assertThat(failuresOfTheHour()).isEqualTo(1);
        IssuedOtp issued = issued(user);
        VerifyOtpRequest right =
                code(user, issued.getCode()).toBuilder().setRequestId("r").build();
        assertThat(Concurrently.run(48, i -> verify(i, right)))
                .extracting(VerifyOtpResponse::getResult)
                .containsOnly(Result.RESULT_VALID);
    }

    @Test
    void of48RepeatedIssuesAtOnceAllHaveOneChallengeAndTheLastCodeCounts() throws Exception {
        IssueOtpRequest wish = wish(user).toBuilder().setRequestId("r").build();
        List<IssuedOtp> issued =
                Concurrently.run(48, i -> Retry.untilAvailable(Duration.ofSeconds(40), () -> issue(server(i), wish)));
        assertThat(issued)
                .extracting(IssuedOtp::getChallengeId)
                .containsOnly(issued.get(0).getChallengeId());
        assertThat(redis.hget(OtpCalls.guard(user), "issues")).isEqualTo("1");
        redis.hset(OtpCalls.guard(user), "hour", "0");
        Set<String> codes = issued.stream().map(IssuedOtp::getCode).collect(Collectors.toCollection(TreeSet::new));
        int valid = 0;
        for (String one : codes) {
            redis.hset(OtpCalls.guard(user), "hour", "0");
            redis.hset(OtpCalls.guard(user), "day", "0");
            if (redis.exists("otp:" + user)) {
                redis.hset("otp:" + user, "attempts", "0");
            }
            valid += verify(0, code(user, one)).getResult() == Result.RESULT_VALID ? 1 : 0;
        }
        assertThat(valid).isEqualTo(1);
    }

    private IssuedOtp issued(String id) {
        return Retry.untilAvailable(Duration.ofSeconds(40), () -> issue(first, id));
    }

    private IssueOtpResponse wished(int i) {
        return Retry.untilAvailable(Duration.ofSeconds(40), () -> server(i).issueOtp(wish(user)));
    }
}
