package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.code;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.notThe;
import static io.flowhub.ephemeral.server.otp.OtpCalls.refusal;
import static io.flowhub.ephemeral.server.otp.OtpCalls.wish;
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
import org.junit.jupiter.api.Test;
import redis.clients.jedis.params.SetParams;

/** What holds of codes, one call after the other: issued by one server, verified by the other. */
@OnSingleAndCluster
class OtpContractTest extends OtpSuite {

    private static final VerifyOtpResponse INVALID_NONE_LEFT =
            VerifyOtpResponse.newBuilder().setResult(Result.RESULT_INVALID).build();

    @Test
    void rightCodeIsValidAndSetsTheFlag() {
        IssuedOtp issued = issue(first, user);
        assertThat(issued.getCode()).matches("[0-9]{6}");
        assertThat(issued.getChallengeId()).hasSize(22);
        VerifyOtpResponse answer = second.verifyOtp(code(user, issued.getCode()));
        assertThat(answer.getResult()).isEqualTo(Result.RESULT_VALID);
        assertThat(answer.getFlagValue()).isEqualTo("1").isEqualTo(redis.get(OtpCalls.marker(user)));
        assertThat(redis.pttl(OtpCalls.marker(user))).isBetween(295_000L, 300_000L);
        assertThat(Timestamps.toMillis(answer.getExpireTime()) - redisMillis())
                .isCloseTo(redis.pttl(OtpCalls.marker(user)), within(50L));
        assertThat(redis.exists("otp:" + user)).isFalse();
    }

    @Test
    void attemptsLeftAreExactWithTheChallenge() {
        fail(user, 3);
        IssuedOtp issued = issue(first, user);
        var wrong = code(user, notThe(issued.getCode())).toBuilder()
                .setChallengeId(issued.getChallengeId())
                .build();
        assertThat(attemptsLeft(5, wrong)).containsExactly(4, 3, 2, 1, 0);
        issued = issue(first, user);
        wrong = wrong.toBuilder().setChallengeId(issued.getChallengeId()).build();
        assertThat(attemptsLeft(2, wrong)).as("only two of the hour are left").containsExactly(1, 0);
    }

    @Test
    void afterFiveWrongCodesTheRightOneIsInvalid() {
        IssuedOtp issued = issue(first, user);
        assertThat(attemptsLeft(5, code(user, notThe(issued.getCode())))).containsExactly(4, 3, 2, 1, 0);
        assertThat(second.verifyOtp(code(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_INVALID);
        assertThat(redis.exists(OtpCalls.marker(user))).isFalse();
    }

    @Test
    void newCodesDoNotRaiseTheBudgetOfTheHour() {
        int looked = 0;
        for (int round = 0; round < 3; round++) {
            IssuedOtp issued = issue(server(round), user);
            for (int i = 0; i < 4; i++) {
                server(i).verifyOtp(code(user, notThe(issued.getCode())));
            }
            looked = failuresOfTheHour();
        }
        assertThat(looked).isEqualTo(10);
        RefusedOtp refused = refusal(second, wish(user));
        assertThat(refused.getReason()).isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isBetween(3_500_000L, 3_600_000L);
    }

    @Test
    void atMostThirtyWrongCodesADayAreChecked() {
        for (int hour = 0; hour < 4; hour++) {
            fail(user, 12);
            hourPasses();
        }
        assertThat(failuresOfTheDay()).isEqualTo(30);
        RefusedOtp refused = refusal(first, wish(user));
        assertThat(refused.getReason()).isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
        assertThat(Durations.toMillis(refused.getRetryAfter())).isGreaterThan(23 * 3_600_000L);
        assertThat(redis.pttl(OtpCalls.guard(user))).isLessThanOrEqualTo(86_400_000L);
        redis.hincrBy(OtpCalls.guard(user), "day_at", -86_400_001);
        assertThat(first.issueOtp(wish(user)).hasIssued()).as("the next day").isTrue();
    }

    @Test
    void failuresBeforeASuccessAreForgottenButSendsAreNot() {
        fail(user, 4);
        IssuedOtp issued = issue(first, user);
        assertThat(second.verifyOtp(code(user, issued.getCode())).getResult()).isEqualTo(Result.RESULT_VALID);
        assertThat(failuresOfTheHour()).isZero();
        assertThat(failuresOfTheDay()).isZero();
        assertThat(redis.hget(OtpCalls.guard(user), "issues")).isEqualTo("1");
        assertThat(redis.pttl(OtpCalls.guard(user))).isBetween(3_500_000L, 3_600_000L);
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
        int failures = failuresOfTheHour();
        assertThat(second.revokeOtp(
                        RevokeOtpRequest.newBuilder().setUserId(user).build()))
                .isEqualTo(second.revokeOtp(RevokeOtpRequest.newBuilder()
                        .setUserId(UniqueIds.next())
                        .build()));
        assertThat(failuresOfTheHour()).as("revoking forgives nothing").isEqualTo(failures);
        assertThat(result(first, revoked)).as("revoked").isEqualTo(Result.RESULT_INVALID);
    }

    @Test
    void repeatedRequestWithTheRightCodeGetsTheSameResult() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest once =
                code(user, issued.getCode()).toBuilder().setRequestId("r").build();
        VerifyOtpResponse told = first.verifyOtp(once);
        assertThat(told.getResult()).isEqualTo(Result.RESULT_VALID);
        VerifyOtpResponse again = second.verifyOtp(once);
        assertThat(again.toBuilder().clearExpireTime().build())
                .isEqualTo(told.toBuilder().clearExpireTime().build());
        assertThat(Math.abs(Timestamps.toMillis(again.getExpireTime()) - Timestamps.toMillis(told.getExpireTime())))
                .isLessThanOrEqualTo(2);

        redis.set(OtpCalls.marker(user), "of another session", new SetParams().px(60_000));
        assertThat(second.verifyOtp(once).hasExpireTime()).as("not its flag").isFalse();
        redis.del(OtpCalls.marker(user));
        VerifyOtpResponse gone = first.verifyOtp(once);
        assertThat(gone.getResult()).isEqualTo(Result.RESULT_VALID);
        assertThat(gone.hasExpireTime()).as("the flag was taken").isFalse();
        assertThat(redis.exists(OtpCalls.marker(user)))
                .as("and is not set again")
                .isFalse();
        assertThat(redis.pttl("{otp:" + user + "}:result:r")).isBetween(290_000L, 300_000L);
    }

    @Test
    void repetitionOfAWrongCodeIsCountedOnce() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest once = code(user, notThe(issued.getCode())).toBuilder()
                .setChallengeId(issued.getChallengeId())
                .setRequestId("r")
                .build();
        assertThat(attemptsLeft(6, once)).containsExactly(4, 4, 4, 4, 4, 4);
        assertThat(failuresOfTheHour()).isEqualTo(1);
        assertThat(result(first, issued)).isEqualTo(Result.RESULT_VALID);
        assertThat(second.verifyOtp(once).getAttemptsLeft())
                .as("also afterwards")
                .isEqualTo(4);
    }

    @Test
    void repeatedRequestGetsTheSameResultAfterALock() {
        fail(user, 10);
        VerifyOtpRequest once =
                code(user, "000000").toBuilder().setRequestId("r").build();
        assertThat(first.verifyOtp(once)).isEqualTo(INVALID_NONE_LEFT);
        hourPasses();
        assertThat(second.verifyOtp(once)).isEqualTo(INVALID_NONE_LEFT);
        assertThat(failuresOfTheDay()).isEqualTo(10);
    }

    @Test
    void sameRequestIdNeverMakesAWrongCodeValid() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest right =
                code(user, issued.getCode()).toBuilder().setRequestId("always").build();
        assertThat(first.verifyOtp(right).getResult()).isEqualTo(Result.RESULT_VALID);
        for (VerifyOtpRequest other : List.of(
                right.toBuilder().setCode(notThe(issued.getCode())).build(),
                right.toBuilder().setPurpose("payment").build(),
                right.toBuilder().setSessionBinding("other").build(),
                right.toBuilder().setChallengeId("other").build())) {
            assertThat(second.verifyOtp(other).getResult()).isEqualTo(Result.RESULT_INVALID);
        }
        assertThat(failuresOfTheHour())
                .as("each was looked at, the wrong challenge burnt nothing")
                .isEqualTo(3);
        assertThat(first.verifyOtp(right).getResult())
                .as("the first answer is told again, whatever came in between")
                .isEqualTo(Result.RESULT_VALID);
        VerifyOtpRequest wrong =
                right.toBuilder().setCode(notThe(issued.getCode())).build();
        assertThat(second.verifyOtp(wrong).getResult()).isEqualTo(Result.RESULT_INVALID);
        assertThat(failuresOfTheHour()).as("the others' answers are kept too").isEqualTo(3);
    }

    @Test
    void userWithoutACodeIsAnsweredLikeAWrongCode() {
        String without = UniqueIds.next();
        IssuedOtp issued = issue(first, user);
        redis.hset(OtpCalls.guard(without), "issues", "1"); // as issuing one left there
        redis.pexpire(OtpCalls.guard(without), 60_000);
        for (String id : List.of(user, without)) { // else the first call loads the script
            first.verifyOtp(
                    code(id, "000000").toBuilder().setChallengeId("wrong").build());
        }
        List<VerifyOtpResponse> withCode = new ArrayList<>();
        List<VerifyOtpResponse> withoutCode = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            List<String> of = commands(user, () -> withCode.add(first.verifyOtp(code(user, notThe(issued.getCode())))));
            List<String> ofWithout =
                    commands(without, () -> withoutCode.add(first.verifyOtp(code(without, notThe(issued.getCode())))));
            assertThat(of).isNotEmpty();
            assertThat(ofWithout).as("commands of step " + i).hasSameSizeAs(of);
        }
        assertThat(withoutCode).isEqualTo(withCode);
        assertThat(withCode)
                .extracting(VerifyOtpResponse::getAttemptsLeft)
                .containsExactly(4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 0, 0);
        assertThat(withCode).extracting(VerifyOtpResponse::getResult).containsOnly(Result.RESULT_INVALID);
    }

    @Test
    void lockOfAnUnknownUserLooksLikeThatOfAKnownOne() {
        String unknown = UniqueIds.next();
        IssuedOtp issued = issue(first, user);
        for (int i = 0; i < 10; i++) {
            first.verifyOtp(code(user, notThe(issued.getCode())));
            first.verifyOtp(code(unknown, notThe(issued.getCode())));
        }
        RefusedOtp known = refusal(second, wish(user));
        RefusedOtp notKnown = refusal(second, wish(unknown));
        assertThat(notKnown.getReason()).isEqualTo(known.getReason()).isEqualTo(RefusedOtp.Reason.REASON_LOCKED);
        assertThat(Durations.toMillis(notKnown.getRetryAfter()))
                .isCloseTo(Durations.toMillis(known.getRetryAfter()), within(2_000L));
    }

    @Test
    void wrongChallengeCountsNothingAndRevealsNothing() {
        IssuedOtp issued = issue(first, user);
        VerifyOtpRequest wrong = code(user, issued.getCode()).toBuilder()
                .setChallengeId("not-the-challenge")
                .build();
        VerifyOtpRequest nobody = wrong.toBuilder().setUserId(UniqueIds.next()).build();
        for (int i = 0; i < 50; i++) {
            assertThat(server(i).verifyOtp(wrong)).isEqualTo(server(i).verifyOtp(nobody));
        }
        assertThat(second.verifyOtp(wrong).getAttemptsLeft()).isEqualTo(5);
        assertThat(redis.exists(OtpCalls.guard(nobody.getUserId()))).isFalse();
        assertThat(second.verifyOtp(wrong.toBuilder()
                                .setChallengeId(issued.getChallengeId())
                                .build())
                        .getResult())
                .isEqualTo(Result.RESULT_VALID);
    }

    @Test
    void lockHoldsOnEveryPathThatRedeems() {
        IssueOtpRequest wish = wish(user).toBuilder().setRequestId("r").build();
        issue(first, wish);
        redis.hset(OtpCalls.guard(user), "hour", "10"); // a live code, which attackers on other codes may leave
        redis.hset(OtpCalls.guard(user), "hour_at", Long.toString(redisMillis()));
        assertThat(refusal(first, wish).getReason()).isEqualTo(RefusedOtp.Reason.REASON_LOCKED);

        redis.del(OtpCalls.guard(user));
        IssuedOtp issued = issue(first, user);
        redis.hset(OtpCalls.guard(user), "hour", "10");
        redis.hset(OtpCalls.guard(user), "hour_at", Long.toString(redisMillis()));
        VerifyOtpRequest right = code(user, issued.getCode());
        VerifyOtpRequest exact =
                right.toBuilder().setChallengeId(issued.getChallengeId()).build();
        assertThat(first.verifyOtp(exact)).isEqualTo(INVALID_NONE_LEFT);
        assertThat(second.verifyOtp(right)).isEqualTo(INVALID_NONE_LEFT);
        hourPasses();
        assertThat(second.verifyOtp(exact).getResult()).as("the lock ended it").isEqualTo(Result.RESULT_INVALID);
        assertThat(redis.exists(OtpCalls.marker(user))).isFalse();
    }

    @Test
    void codeOfOnePurposeOrSessionVerifiesForNoOther() {
        IssueOtpRequest wish = wish(user).toBuilder()
                .setPurpose("login")
                .setSessionBinding("session-7")
                .build();
        IssuedOtp issued = issue(first, wish);
        VerifyOtpRequest right = code(user, issued.getCode()).toBuilder()
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
                .isEqualTo(redis.get(OtpCalls.marker(user)));
    }

    @Test
    void repeatedIssueMakesANewCodeForTheSameChallenge() {
        IssueOtpRequest wish = wish(user).toBuilder().setRequestId("r").build();
        IssuedOtp told = issue(first, wish);
        second.verifyOtp(code(user, notThe(told.getCode())));
        IssuedOtp again = issue(second, wish);
        assertThat(again.getChallengeId()).isEqualTo(told.getChallengeId());
        assertThat(Math.abs(Timestamps.toMillis(again.getExpireTime()) - Timestamps.toMillis(told.getExpireTime())))
                .isLessThanOrEqualTo(2);
        assertThat(redis.hget("otp:" + user, "attempts")).isEqualTo("1");
        assertThat(redis.hget(OtpCalls.guard(user), "issues")).isEqualTo("1");
        assertThat(result(first, again)).isEqualTo(Result.RESULT_VALID);

        IssuedOtp afterwards = issue(first, wish);
        assertThat(afterwards.getChallengeId())
                .as("that code lives no more, so this is a new wish")
                .isNotEqualTo(told.getChallengeId());
        assertThat(redis.hget(OtpCalls.guard(user), "issues")).isEqualTo("2");
        assertThat(issue(second, wish.toBuilder().setPurpose("other").build()).getChallengeId())
                .as("another purpose is no repetition")
                .isNotEqualTo(afterwards.getChallengeId());
    }

    private void fail(String who, int times) {
        for (int i = 0; i < times; i++) {
            server(i).verifyOtp(code(who, "000000"));
        }
    }

    private List<Integer> attemptsLeft(int times, VerifyOtpRequest wrong) {
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            VerifyOtpResponse answer = server(i).verifyOtp(wrong);
            assertThat(answer.getResult()).isEqualTo(Result.RESULT_INVALID);
            left.add(answer.getAttemptsLeft());
        }
        return left;
    }

    private Result result(OtpServiceBlockingStub server, IssuedOtp issued) {
        return server.verifyOtp(code(user, issued.getCode())).getResult();
    }
}
