package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.refusal;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.params.SetParams;

/** The contract of one-time passwords in sequential calls: one server issues a code, the other verifies it. */
@Tag("contract")
@OnSingleAndCluster
class OtpContractTest extends OtpSuite {

    private static final VerifyOtpResponse INVALID_NONE_LEFT =
            VerifyOtpResponse.newBuilder().setResult(Result.RESULT_INVALID).build();

    @Test
    void rightCodeIsValidAndSetsTheOtpValidFlag() {
        IssuedOtp issued = issue(first, user);
        assertThat(issued.getCode()).matches("[0-9]{6}");
        assertThat(issued.getChallengeId()).hasSize(22);
        VerifyOtpResponse response = second.verifyOtp(verifyRequest(user, issued.getCode()));
        assertThat(response.getResult()).isEqualTo(Result.RESULT_VALID);
        assertThat(response.getFlagValue()).isEqualTo("1").isEqualTo(redis.get(OtpCalls.otpValidKey(user)));
        assertThat(redis.pttl(OtpCalls.otpValidKey(user))).isBetween(295_000L, 300_000L);
        assertThat(Timestamps.toMillis(response.getExpireTime()) - redisMillis())
                .isCloseTo(redis.pttl(OtpCalls.otpValidKey(user)), within(50L));
        assertThat(redis.exists("otp:" + user)).isFalse();
    }

    @Test
    void attemptsLeftIsExactWithTheChallenge() {
        failAttempts(user, 3);
        IssuedOtp issued = issue(first, user);
        var wrong = verifyRequest(user, otherCode(issued.getCode())).toBuilder()
                .setChallengeId(issued.getChallengeId())
                .build();
        assertThat(attemptsLeft(5, wrong)).containsExactly(4, 3, 2, 1, 0);
        issued = issue(first, user);
        wrong = wrong.toBuilder().setChallengeId(issued.getChallengeId()).build();
        assertThat(attemptsLeft(2, wrong))
                .as("limited by the two attempts left in the hour")
                .containsExactly(1, 0);
    }

    @Test
    void afterFiveWrongCodesTheRightOneIsInvalid() {
        IssuedOtp issued = issue(first, user);
        assertThat(attemptsLeft(5, verifyRequest(user, otherCode(issued.getCode()))))
                .containsExactly(4, 3, 2, 1, 0);
        assertThat(second.verifyOtp(verifyRequest(user, issued.getCode())).getResult())
                .isEqualTo(Result.RESULT_INVALID);
        assertThat(redis.exists(OtpCalls.otpValidKey(user))).isFalse();
    }

    @Test
    void newCodesDoNotRaiseTheHourlyLimitOfAttempts() {
        int checked = 0;
        for (int round = 0; round < 3; round++) {
            IssuedOtp issued = issue(server(round), user);
            for (int i = 0; i < 4; i++) {
                server(i).verifyOtp(verifyRequest(user, otherCode(issued.getCode())));
            }
            checked = failedAttemptsOfTheHour();
        }
        assertThat(checked).isEqualTo(10);
        RefusedOtp refused = refusal(second, issueRequest(user));
        assertThat(refused.getReason()).isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(3_500_000L, 3_600_000L);
    }

    @Test
    void atMostThirtyWrongCodesADayAreChecked() {
        for (int hour = 0; hour < 4; hour++) {
            failAttempts(user, 12);
            endTheHour();
        }
        assertThat(failedAttemptsOfTheDay()).isEqualTo(30);
        RefusedOtp refused = refusal(first, issueRequest(user));
        assertThat(refused.getReason()).isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isGreaterThan(23 * 3_600_000L);
        assertThat(redis.pttl(OtpCalls.guardKey(user))).isLessThanOrEqualTo(86_400_000L);
        redis.hincrBy(OtpCalls.guardKey(user), "day_at", -86_400_001);
        assertThat(first.issueOtp(issueRequest(user)).hasIssued())
                .as("the next day")
                .isTrue();
    }

    @Test
    void successResetsFailedAttemptsButNotIssues() {
        failAttempts(user, 4);
        IssuedOtp issued = issue(first, user);
        assertThat(second.verifyOtp(verifyRequest(user, issued.getCode())).getResult())
                .isEqualTo(Result.RESULT_VALID);
        assertThat(failedAttemptsOfTheHour()).isZero();
        assertThat(failedAttemptsOfTheDay()).isZero();
        assertThat(redis.hget(OtpCalls.guardKey(user), "issues")).isEqualTo("1");
        assertThat(redis.pttl(OtpCalls.guardKey(user))).isBetween(3_500_000L, 3_600_000L);
    }

    @Test
    void usedReplacedExpiredAndRevokedCodesAreInvalid() {
        IssuedOtp used = issue(first, user);
        assertThat(result(first, used)).isEqualTo(Result.RESULT_VALID);
        assertThat(result(second, used)).as("used").isEqualTo(Result.RESULT_INVALID);

        IssuedOtp replaced = issue(first, user);
        IssuedOtp next = issue(second, user);
        if (!next.getCode().equals(replaced.getCode())) {
            assertThat(result(first, replaced)).as("replaced").isEqualTo(Result.RESULT_INVALID);
        }
        assertThat(result(second, next)).isEqualTo(Result.RESULT_VALID);

        IssuedOtp expired = issue(first, user);
        assertThat(redis.pttl("otp:" + user)).isBetween(295_000L, 300_000L);
        assertThat(Timestamps.toMillis(expired.getExpireTime()) - redisMillis()).isBetween(295_000L, 300_001L);
        redis.pexpire("otp:" + user, 1);
        Eventually.within(Duration.ofSeconds(2), "the key expires", () -> !redis.exists("otp:" + user));
        assertThat(result(first, expired)).as("expired").isEqualTo(Result.RESULT_INVALID);

        IssuedOtp revoked = issue(first, user);
        int failedAttempts = failedAttemptsOfTheHour();
        assertThat(second.revokeOtp(
                        RevokeOtpRequest.newBuilder().setUserId(user).build()))
                .isEqualTo(second.revokeOtp(RevokeOtpRequest.newBuilder()
                        .setUserId(UniqueIds.next())
                        .build()));
        assertThat(failedAttemptsOfTheHour())
                .as("a revoke does not reset failed attempts")
                .isEqualTo(failedAttempts);
        assertThat(result(first, revoked)).as("revoked").isEqualTo(Result.RESULT_INVALID);
    }

    @Test
    void repeatedRequestWithTheRightCodeGetsTheSameResult() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest request = verifyRequest(user, issued.getCode()).toBuilder()
                .setRequestId("r")
                .build();
        VerifyOtpResponse original = first.verifyOtp(request);
        assertThat(original.getResult()).isEqualTo(Result.RESULT_VALID);
        VerifyOtpResponse again = second.verifyOtp(request);
        assertThat(again.toBuilder().clearExpireTime().build())
                .isEqualTo(original.toBuilder().clearExpireTime().build());
        assertThat(Math.abs(Timestamps.toMillis(again.getExpireTime()) - Timestamps.toMillis(original.getExpireTime())))
                .isLessThanOrEqualTo(2);

        redis.set(OtpCalls.otpValidKey(user), "of another session", new SetParams().px(60_000));
        assertThat(second.verifyOtp(request).hasExpireTime())
                .as("the flag has another value")
                .isFalse();
        redis.del(OtpCalls.otpValidKey(user));
        VerifyOtpResponse consumed = first.verifyOtp(request);
        assertThat(consumed.getResult()).isEqualTo(Result.RESULT_VALID);
        assertThat(consumed.hasExpireTime()).as("the flag was consumed").isFalse();
        assertThat(redis.exists(OtpCalls.otpValidKey(user)))
                .as("a retry does not set the flag again")
                .isFalse();
        assertThat(redis.pttl("{otp:" + user + "}:result:r")).isBetween(290_000L, 300_000L);
    }

    @Test
    void repeatedRequestWithAWrongCodeIsCountedOnce() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest request = verifyRequest(user, otherCode(issued.getCode())).toBuilder()
                .setChallengeId(issued.getChallengeId())
                .setRequestId("r")
                .build();
        assertThat(attemptsLeft(6, request)).containsExactly(4, 4, 4, 4, 4, 4);
        assertThat(failedAttemptsOfTheHour()).isEqualTo(1);
        assertThat(result(first, issued)).isEqualTo(Result.RESULT_VALID);
        assertThat(second.verifyOtp(request).getAttemptsLeft())
                .as("also after a success")
                .isEqualTo(4);
    }

    @Test
    void repeatedRequestGetsTheSameResultAfterALock() {
        failAttempts(user, 10);
        VerifyOtpRequest request =
                verifyRequest(user, "000000").toBuilder().setRequestId("r").build();
        assertThat(first.verifyOtp(request)).isEqualTo(INVALID_NONE_LEFT);
        endTheHour();
        assertThat(second.verifyOtp(request)).isEqualTo(INVALID_NONE_LEFT);
        assertThat(failedAttemptsOfTheDay()).isEqualTo(10);
    }

    @Test
    void sameRequestIdNeverMakesAWrongCodeValid() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest right = verifyRequest(user, issued.getCode()).toBuilder()
                .setRequestId("always")
                .build();
        assertThat(first.verifyOtp(right).getResult()).isEqualTo(Result.RESULT_VALID);
        for (VerifyOtpRequest other : List.of(
                right.toBuilder().setCode(otherCode(issued.getCode())).build(),
                right.toBuilder().setPurpose("payment").build(),
                right.toBuilder().setSessionBinding("other").build(),
                right.toBuilder().setChallengeId("other").build())) {
            assertThat(second.verifyOtp(other).getResult()).isEqualTo(Result.RESULT_INVALID);
        }
        assertThat(failedAttemptsOfTheHour())
                .as("each code was checked, and a wrong challenge is not counted")
                .isEqualTo(3);
        assertThat(first.verifyOtp(right).getResult())
                .as("the first response is repeated, whatever came in between")
                .isEqualTo(Result.RESULT_VALID);
        VerifyOtpRequest wrong =
                right.toBuilder().setCode(otherCode(issued.getCode())).build();
        assertThat(second.verifyOtp(wrong).getResult()).isEqualTo(Result.RESULT_INVALID);
        assertThat(failedAttemptsOfTheHour())
                .as("the results of the other attempts are stored too")
                .isEqualTo(3);
    }

    @Test
    void userWithoutACodeGetsTheResponsesOfAWrongCode() {
        String without = UniqueIds.next();
        IssuedOtp issued = issue(first, user);
        redis.hset(OtpCalls.guardKey(without), "issues", "1"); // as an issue leaves it
        redis.pexpire(OtpCalls.guardKey(without), 60_000);
        for (String id : List.of(user, without)) { // otherwise the first call loads the script
            first.verifyOtp(verifyRequest(id, "000000").toBuilder()
                    .setChallengeId("wrong")
                    .build());
        }
        List<VerifyOtpResponse> withCode = new ArrayList<>();
        List<VerifyOtpResponse> withoutCode = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            List<String> commands = commands(
                    user, () -> withCode.add(first.verifyOtp(verifyRequest(user, otherCode(issued.getCode())))));
            List<String> commandsWithout = commands(
                    without,
                    () -> withoutCode.add(first.verifyOtp(verifyRequest(without, otherCode(issued.getCode())))));
            assertThat(commands).isNotEmpty();
            assertThat(commandsWithout).as("commands of step " + i).hasSameSizeAs(commands);
        }
        assertThat(withoutCode).isEqualTo(withCode);
        assertThat(withCode)
                .extracting(VerifyOtpResponse::getAttemptsLeft)
                .containsExactly(4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 0, 0);
        assertThat(withCode).extracting(VerifyOtpResponse::getResult).containsOnly(Result.RESULT_INVALID);
    }

    @Test
    void lockOfAUserWithoutACodeEqualsThatOfAUserWithACode() {
        String without = UniqueIds.next();
        IssuedOtp issued = issue(first, user);
        for (int i = 0; i < 10; i++) {
            first.verifyOtp(verifyRequest(user, otherCode(issued.getCode())));
            first.verifyOtp(verifyRequest(without, otherCode(issued.getCode())));
        }
        RefusedOtp refusal = refusal(second, issueRequest(user));
        RefusedOtp refusalWithout = refusal(second, issueRequest(without));
        assertThat(refusalWithout.getReason())
                .isEqualTo(refusal.getReason())
                .isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
        assertThat(Durations.toMillis(refusalWithout.getRetryAfter()))
                .isCloseTo(Durations.toMillis(refusal.getRetryAfter()), within(2_000L));
    }

    @Test
    void wrongChallengeIsNotCountedAndRevealsNothing() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest wrong = verifyRequest(user, issued.getCode()).toBuilder()
                .setChallengeId("not-the-challenge")
                .build();
        VerifyOtpRequest withoutCode =
                wrong.toBuilder().setUserId(UniqueIds.next()).build();
        for (int i = 0; i < 50; i++) {
            assertThat(server(i).verifyOtp(wrong)).isEqualTo(server(i).verifyOtp(withoutCode));
        }
        assertThat(second.verifyOtp(wrong).getAttemptsLeft()).isEqualTo(5);
        assertThat(redis.exists(OtpCalls.guardKey(withoutCode.getUserId()))).isFalse();
        assertThat(second.verifyOtp(wrong.toBuilder()
                                .setChallengeId(issued.getChallengeId())
                                .build())
                        .getResult())
                .isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void lockHoldsForEveryCall() {
        IssueOtpRequest request =
                issueRequest(user).toBuilder().setRequestId("r").build();
        issue(first, request);
        redis.hset(
                OtpCalls.guardKey(user),
                "hour",
                "10"); // a lock while a code is active, caused by attempts on other codes
        redis.hset(OtpCalls.guardKey(user), "hour_at", Long.toString(redisMillis()));
        assertThat(refusal(first, request).getReason()).isEqualTo(RefusedOtp.Reason.REASON_LOCKED);

        redis.del(OtpCalls.guardKey(user));
        IssuedOtp issued = issue(first, user);
        redis.hset(OtpCalls.guardKey(user), "hour", "10");
        redis.hset(OtpCalls.guardKey(user), "hour_at", Long.toString(redisMillis()));
        VerifyOtpRequest right = verifyRequest(user, issued.getCode());
        VerifyOtpRequest exact =
                right.toBuilder().setChallengeId(issued.getChallengeId()).build();
        assertThat(first.verifyOtp(exact)).isEqualTo(INVALID_NONE_LEFT);
        assertThat(second.verifyOtp(right)).isEqualTo(INVALID_NONE_LEFT);
        endTheHour();
        assertThat(second.verifyOtp(exact).getResult())
                .as("the lock removed the code")
                .isEqualTo(Result.RESULT_INVALID);
        assertThat(redis.exists(OtpCalls.otpValidKey(user))).isFalse();
    }

    @Test
    void codeIsInvalidForAnotherPurposeOrSession() {
        IssueOtpRequest request = issueRequest(user).toBuilder()
                .setPurpose("login")
                .setSessionBinding("session-7")
                .build();
        IssuedOtp issued = issue(first, request);
        VerifyOtpRequest right = verifyRequest(user, issued.getCode()).toBuilder()
                .setPurpose("login")
                .setSessionBinding("session-7")
                .build();
        for (VerifyOtpRequest other : List.of(
                right.toBuilder().setPurpose("password_reset").build(),
                right.toBuilder().setSessionBinding("session-8").build(),
                right.toBuilder().clearSessionBinding().build(),
                right.toBuilder()
                        .setPurpose("")
                        .setSessionBinding("loginsession-7")
                        .build())) {
            assertThat(second.verifyOtp(other).getResult()).isEqualTo(Result.RESULT_INVALID);
        }
        VerifyOtpResponse valid = second.verifyOtp(right);
        assertThat(valid.getResult()).isEqualTo(Result.RESULT_VALID);
        assertThat(valid.getFlagValue())
                .as("printf session-7 | openssl dgst -sha256 -binary | basenc --base64url")
                .isEqualTo("zvi85UnNwFDLPaMPVnJCazC2Uakm0ad_cbrMGzu0W4E")
                .isEqualTo(redis.get(OtpCalls.otpValidKey(user)));
    }

    @Test
    void repeatedIssueMakesANewCodeForTheSameChallenge() {
        IssueOtpRequest request =
                issueRequest(user).toBuilder().setRequestId("r").build();
        IssuedOtp original = issue(first, request);
        second.verifyOtp(verifyRequest(user, otherCode(original.getCode())));
        IssuedOtp again = issue(second, request);
        assertThat(again.getChallengeId()).isEqualTo(original.getChallengeId());
        assertThat(Math.abs(Timestamps.toMillis(again.getExpireTime()) - Timestamps.toMillis(original.getExpireTime())))
                .isLessThanOrEqualTo(2);
        assertThat(redis.hget("otp:" + user, "attempts")).isEqualTo("1");
        assertThat(redis.hget(OtpCalls.guardKey(user), "issues")).isEqualTo("1");
        assertThat(result(first, again)).isEqualTo(Result.RESULT_VALID);

        IssuedOtp next = issue(first, request);
        assertThat(next.getChallengeId())
                .as("the code was consumed, so this issues a new one")
                .isNotEqualTo(original.getChallengeId());
        assertThat(redis.hget(OtpCalls.guardKey(user), "issues")).isEqualTo("2");
        assertThat(issue(second, request.toBuilder().setPurpose("other").build())
                        .getChallengeId())
                .as("another purpose is no repetition")
                .isNotEqualTo(next.getChallengeId());
    }

    private void failAttempts(String id, int times) {
        for (int i = 0; i < times; i++) {
            server(i).verifyOtp(verifyRequest(id, "000000"));
        }
    }

    private List<Integer> attemptsLeft(int times, VerifyOtpRequest wrong) {
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            VerifyOtpResponse response = server(i).verifyOtp(wrong);
            assertThat(response.getResult()).isEqualTo(Result.RESULT_INVALID);
            left.add(response.getAttemptsLeft());
        }
        return left;
    }

    private Result result(OtpServiceBlockingStub server, IssuedOtp issued) {
        return server.verifyOtp(verifyRequest(user, issued.getCode())).getResult();
    }
}
