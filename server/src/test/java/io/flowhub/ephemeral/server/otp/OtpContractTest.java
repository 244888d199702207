package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otpValidKey;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static io.flowhub.ephemeral.v1.RefusedOtp.Reason.REASON_LOCKED;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_INVALID;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_VALID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.params.SetParams;

/** The contract of one-time passwords in sequential calls: one server issues a code, the other verifies it. */
@Tag("contract")
@OnSingleAndCluster
class OtpContractTest extends OtpSuite {

    private static final VerifyOtpResponse INVALID_NONE_LEFT =
            VerifyOtpResponse.newBuilder().setResult(RESULT_INVALID).build();

    OtpContractTest() {
        super(OtpCalls.MANY_ISSUES);
    }

    @Test
    void rightCodeIsValidAndSetsTheOtpValidFlag() {
        IssuedOtp issued = first.issue(user);
        assertThat(issued.getCode()).matches("[0-9]{6}");
        assertThat(issued.getChallengeId()).hasSize(22);
        VerifyOtpResponse response = second.verify(right(issued));
        assertThat(response.getResult()).isEqualTo(RESULT_VALID);
        assertThat(response.getFlagValue()).isEqualTo("1").isEqualTo(redis.get(otpValidKey(user)));
        assertThat(redis.pttl(otpValidKey(user))).isBetween(295_000L, 300_000L);
        assertExpiresAt(response.getExpireTime(), otpValidKey(user));
        assertThat(redis.exists("otp:" + user)).isFalse();
    }

    @Test
    void attemptsLeftIsExactWithTheChallenge() {
        assertThat(attemptsLeft(3, wrongOfTheOwner(first.issue(user)))).containsExactly(4, 3, 2);
        failAttempts(20);
        assertThat(attemptsLeft(5, wrongOfTheOwner(first.issue(user)))).containsExactly(4, 3, 2, 1, 0);
        assertThat(attemptsLeft(2, wrongOfTheOwner(first.issue(user))))
                .as("limited by the two attempts left in the hour")
                .containsExactly(1, 0);
        first.assertRefused(user, REASON_LOCKED, 3_500_000, 3_600_000);
    }

    @Test
    void callerThatKnowsOnlyTheUserDoesNotDisturbALogin() {
        IssuedOtp issued = first.issue(user);
        failAttempts(20);
        assertThat(second.result(right(issued))).as("as locked as guessing").isEqualTo(RESULT_INVALID);
        assertThat(second.result(rightOfTheOwner(issued))).isEqualTo(RESULT_VALID);
        IssuedOtp next = second.issue(user);
        failAttempts(20);
        assertThat(attemptsLeft(1, wrongOfTheOwner(next))).containsExactly(4);
        assertThat(first.result(rightOfTheOwner(next))).isEqualTo(RESULT_VALID);
    }

    @Test
    void codeIsInvalidWithoutItsChallengeAfterFiveFailedAttempts() {
        IssuedOtp issued = first.issue(user);
        assertThat(attemptsLeft(5, wrong(issued))).containsExactly(4, 3, 2, 1, 0);
        assertThat(first.result(right(issued))).isEqualTo(RESULT_INVALID);
        assertThat(first.result(right(first.issue(user)))).as("a new code").isEqualTo(RESULT_VALID);
    }

    @Test
    void cooldownAndLocksDoNotLastLongerByAStepOfTheClock() {
        first.issue(user);
        failAttempts(10);
        for (String time : List.of("last_issue", "issues_at", "hour_at", "day_at")) {
            moveGuardTime(time, 86_400_000); // as a clock that is set back by a day leaves them
        }
        first.verify(verifyRequest(user, "000000"));
        long now = redisMicros() / 1_000;
        for (String time : List.of("last_issue", "issues_at", "hour_at", "day_at")) {
            assertThat(guard().get(time)).as(time).isLessThanOrEqualTo(now);
        }
        assertThat(redis.pttl(OtpGuard.key(user))).isLessThanOrEqualTo(86_400_000L);
    }

    @Test
    void atMostThirtyWrongCodesADayAreChecked() {
        first.issue(user);
        for (int hour = 0; hour < 4; hour++) {
            failAttempts(12);
            for (int code = 0; code < 2 && hour < 3; code++) {
                attemptsLeft(6, wrongOfTheOwner(first.issue(user)));
            }
            endTheHour();
        }
        assertThat(failedAttemptsOfTheDay()).isEqualTo(30);
        assertThat(failedAttemptsOfTheDayWithTheChallenge()).isEqualTo(30);
        first.assertRefused(user, REASON_LOCKED, 23 * 3_600_000, 24 * 3_600_000);
        assertThat(redis.pttl(OtpGuard.key(user))).isLessThanOrEqualTo(86_400_000L);
        moveGuardTime("own_day_at", -86_400_001);
        first.issue(user); // the next day
    }

    @Test
    void successResetsFailedAttemptsButNotIssues() {
        failAttempts(4);
        assertThat(second.result(right(first.issue(user)))).isEqualTo(RESULT_VALID);
        assertThat(failedAttemptsOfTheHour()).isZero();
        assertThat(failedAttemptsOfTheDay()).isZero();
        assertThat(issues()).isEqualTo(1);
        assertThat(redis.pttl(OtpGuard.key(user))).isBetween(3_500_000L, 3_600_000L);
    }

    @Test
    void usedReplacedExpiredAndRevokedCodesAreInvalid() {
        IssuedOtp used = first.issue(user);
        assertThat(first.result(right(used))).isEqualTo(RESULT_VALID);
        assertThat(second.result(right(used))).as("used").isEqualTo(RESULT_INVALID);

        IssuedOtp replaced = first.issue(user);
        IssuedOtp next = second.issue(user);
        if (!next.getCode().equals(replaced.getCode())) {
            assertThat(first.result(right(replaced))).as("replaced").isEqualTo(RESULT_INVALID);
        }
        assertThat(second.result(right(next))).isEqualTo(RESULT_VALID);

        IssuedOtp expired = first.issue(user);
        assertThat(redis.pttl("otp:" + user)).isBetween(295_000L, 300_000L);
        assertExpiresAt(expired.getExpireTime(), "otp:" + user);
        expire("otp:" + user);
        assertThat(first.result(right(expired))).as("expired").isEqualTo(RESULT_INVALID);

        IssuedOtp revoked = first.issue(user);
        int failedAttempts = failedAttemptsOfTheHour();
        assertThat(second.revoke(user)).isEqualTo(second.revoke(UniqueIds.next()));
        assertThat(failedAttemptsOfTheHour())
                .as("a revoke does not reset failed attempts")
                .isEqualTo(failedAttempts);
        assertThat(first.result(right(revoked))).as("revoked").isEqualTo(RESULT_INVALID);
    }

    @Test
    void repeatedRequestWithTheRightCodeGetsTheSameResult() {
        VerifyOtpRequest.Builder request = right(first.issue(user)).setRequestId("r");
        VerifyOtpResponse original = first.verify(request);
        assertThat(original.getResult()).isEqualTo(RESULT_VALID);
        VerifyOtpResponse again = second.verify(request);
        assertThat(again.toBuilder().clearExpireTime().build())
                .isEqualTo(original.toBuilder().clearExpireTime().build());
        assertSameTime(again.getExpireTime(), original.getExpireTime());

        redis.set(otpValidKey(user), "of another session", new SetParams().px(60_000));
        assertThat(second.verify(request).hasExpireTime())
                .as("the flag has another value")
                .isFalse();
        redis.del(otpValidKey(user));
        VerifyOtpResponse consumed = first.verify(request);
        assertThat(consumed.getResult()).isEqualTo(RESULT_VALID);
        assertThat(consumed.hasExpireTime()).as("the flag was consumed").isFalse();
        assertThat(redis.exists(otpValidKey(user)))
                .as("a retry does not set the flag again")
                .isFalse();
        assertThat(redis.pttl("{otp:" + user + "}:result:r")).isBetween(290_000L, 300_000L);
    }

    @Test
    void repeatedRequestWithAWrongCodeIsCountedOnce() {
        IssuedOtp issued = first.issue(user);
        VerifyOtpRequest.Builder request =
                wrong(issued).setChallengeId(issued.getChallengeId()).setRequestId("r");
        assertThat(attemptsLeft(6, request)).containsExactly(4, 4, 4, 4, 4, 4);
        assertThat(failedAttemptsOfTheHourWithTheChallenge()).isEqualTo(1);
        assertThat(first.result(right(issued))).isEqualTo(RESULT_VALID);
        assertThat(attemptsLeft(2, request)).as("also after a success").containsExactly(4, 4);
    }

    @Test
    void attemptThatIsNotCountedStoresNothing() {
        IssuedOtp issued = first.issue(user);
        first.verify(right(issued).setRequestId("r").setChallengeId("other"));
        failAttempts(20);
        first.verify(right(issued).setRequestId("r"));
        assertThat(redis.exists("{otp:" + user + "}:result:r")).isFalse();
    }

    @Test
    void oneRequestIdStoresAtMostEightResults() {
        for (int i = 0; i < 24; i++) {
            IssuedOtp issued = first.issue(user);
            first.verify(wrongOfTheOwner(issued).setRequestId("r"));
            if (i % 3 == 0) { // resets the failed attempts, so that the user is not locked
                first.verify(right(issued));
            }
        }
        assertThat(redis.strlen("{otp:" + user + "}:result:r"))
                .as("8 of 45 bytes")
                .isEqualTo(8 * 45);
    }

    @Test
    void requestThatALockRejectedIsDecidedAgainAfterTheLockAndCountedOnce() {
        first.issue(user);
        failAttempts(10);
        VerifyOtpRequest.Builder request = verifyRequest(user, "000000").setRequestId("r");
        assertThat(first.verify(request)).isEqualTo(INVALID_NONE_LEFT);
        endTheHour();
        assertThat(attemptsLeft(3, request)).containsExactly(4, 4, 4);
        assertThat(failedAttemptsOfTheDay()).isEqualTo(11);
    }

    @Test
    void sameRequestIdNeverMakesAWrongCodeValid() {
        IssuedOtp issued = first.issue(user);
        VerifyOtpRequest.Builder right = right(issued).setRequestId("always");
        VerifyOtpRequest.Builder wrong = wrong(issued).setRequestId("always");
        assertThat(first.result(right)).isEqualTo(RESULT_VALID);
        assertInvalid(
                wrong,
                right.clone().setPurpose("payment"),
                right.clone().setSessionBinding("other"),
                right.clone().setChallengeId("other"));
        assertThat(failedAttemptsOfTheHour())
                .as("each code was checked, and a wrong challenge is not counted")
                .isEqualTo(3);
        assertThat(first.result(right))
                .as("the first response is repeated, whatever came in between")
                .isEqualTo(RESULT_VALID);
        assertInvalid(wrong);
        assertThat(failedAttemptsOfTheHour())
                .as("the results of the other attempts are stored too")
                .isEqualTo(3);
    }

    @Test
    void userWithoutACodeGetsTheResponsesOfAWrongCodeAndTheSameLock() {
        String without = UniqueIds.next();
        String wrong = otherCode(first.issue(user).getCode());
        first.verify(verifyRequest(UniqueIds.next(), "000000")); // makes the table
        for (String each : List.of(user, without)) { // loads the script into their masters, and counts nothing
            first.verify(verifyRequest(each, wrong).setChallengeId("another"));
        }
        List<VerifyOtpResponse> withCode = new ArrayList<>();
        List<VerifyOtpResponse> withoutCode = new ArrayList<>();
        try (MonitorTap monitor = MonitorTap.of(topology)) {
            for (int i = 0; i < 12; i++) {
                List<String> commands = monitor.during(() -> {
                    withCode.add(first.verify(verifyRequest(user, wrong)));
                    withoutCode.add(first.verify(verifyRequest(without, wrong)));
                });
                assertThat(MonitorTap.namesOf(commands, without))
                        .as("commands of step " + i)
                        .isNotEmpty()
                        .hasSameSizeAs(MonitorTap.namesOf(commands, user));
            }
        }
        assertThat(withoutCode).isEqualTo(withCode);
        assertThat(withCode)
                .extracting(VerifyOtpResponse::getAttemptsLeft)
                .containsExactly(4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 0, 0);
        assertThat(withCode).extracting(VerifyOtpResponse::getResult).containsOnly(RESULT_INVALID);
        assertThat(redis.exists(OtpGuard.key(without))).isFalse();
        assertThat(second.tryIssue(issueRequest(user)).hasIssued())
                .isEqualTo(second.tryIssue(issueRequest(without)).hasIssued());
    }

    @Test
    void wrongChallengeIsNotCountedAndRevealsNothing() {
        IssuedOtp issued = first.issue(user);
        String without = UniqueIds.next();
        VerifyOtpRequest.Builder wrong = right(issued).setChallengeId("not-the-challenge");
        VerifyOtpRequest.Builder withoutCode = wrong.clone().setUserId(without);
        for (int i = 0; i < 50; i++) {
            assertThat(server(i).verify(wrong)).isEqualTo(server(i).verify(withoutCode));
        }
        assertThat(second.verify(wrong).getAttemptsLeft()).isEqualTo(5);
        assertThat(redis.exists(OtpGuard.key(without))).isFalse();
        assertThat(second.result(wrong.setChallengeId(issued.getChallengeId()))).isEqualTo(RESULT_VALID);
    }

    @Test
    void lockHoldsForEveryCall() {
        IssueOtpRequest.Builder request = issueRequest(user).setRequestId("r");
        first.issue(request);
        lock();
        assertThat(first.refusal(request).getReason()).isEqualTo(REASON_LOCKED);

        redis.del(OtpGuard.key(user));
        IssuedOtp issued = first.issue(user);
        lock();
        VerifyOtpRequest.Builder exact = right(issued).setChallengeId(issued.getChallengeId());
        assertThat(first.verify(exact)).isEqualTo(INVALID_NONE_LEFT);
        assertThat(second.result(right(issued))).isEqualTo(RESULT_INVALID);
        endTheHour();
        assertThat(second.result(exact)).as("the lock removed the code").isEqualTo(RESULT_INVALID);
        assertThat(redis.exists(otpValidKey(user))).isFalse();
    }

    @Test
    void codeIsInvalidForAnotherPurposeOrSession() {
        IssuedOtp issued = first.issue(issueRequest(user).setPurpose("login").setSessionBinding("session-7"));
        VerifyOtpRequest.Builder right = right(issued).setPurpose("login").setSessionBinding("session-7");
        assertInvalid(
                right.clone().setPurpose("password_reset"),
                right.clone().setSessionBinding("session-8"),
                right.clone().clearSessionBinding(),
                right.clone().setPurpose("").setSessionBinding("loginsession-7"));
        VerifyOtpResponse valid = second.verify(right);
        assertThat(valid.getResult()).isEqualTo(RESULT_VALID);
        assertThat(valid.getFlagValue())
                .as("printf session-7 | openssl dgst -sha256 -binary | basenc --base64url")
                .isEqualTo("zvi85UnNwFDLPaMPVnJCazC2Uakm0ad_cbrMGzu0W4E")
                .isEqualTo(redis.get(otpValidKey(user)));
    }

    @Test
    void repeatedIssueMakesANewCodeForTheSameChallenge() {
        IssueOtpRequest.Builder request = issueRequest(user).setRequestId("r");
        IssuedOtp original = first.issue(request);
        second.verify(wrongOfTheOwner(original));
        second.verify(wrong(original));
        IssuedOtp again = second.issue(request);
        assertThat(again.getChallengeId()).isEqualTo(original.getChallengeId());
        assertSameTime(again.getExpireTime(), original.getExpireTime());
        assertThat(List.of(guard().get("attempts"), guard().get("guesses"))).containsExactly(1L, 1L);
        assertThat(issues()).isEqualTo(1);
        attemptsLeft(5, wrongOfTheOwner(again));
        IssuedOtp afterwards = first.issue(request);
        assertThat(afterwards.getChallengeId()).as("no attempt was left").isNotEqualTo(original.getChallengeId());
        assertThat(first.result(right(afterwards))).isEqualTo(RESULT_VALID);

        IssuedOtp next = first.issue(request);
        assertThat(next.getChallengeId())
                .as("the code was consumed, so this issues a new one")
                .isNotEqualTo(afterwards.getChallengeId());
        assertThat(issues()).isEqualTo(3);
        assertThat(second.issue(request.setPurpose("other")).getChallengeId())
                .as("another purpose is no repetition")
                .isNotEqualTo(next.getChallengeId());
    }

    @Test
    void malformedCodeIsRejectedUncheckedAndNotEchoed() {
        for (String code : List.of(
                "", "12345", "1234567", "12345a", " 123456", "12345\n", "-12345", "١٢٣٤٥٦", "１２３４５６", "12 456",
                "+12345")) {
            assertThat(StatusAssert.invalidField("code", () -> first.verify(verifyRequest(user, code))))
                    .hasMessage("INVALID_ARGUMENT: code: \"(not shown)\" (expected: 6 digits)");
        }
        assertThat(redis.exists(OtpGuard.key(user))).isFalse();
    }

    @Test
    void longBindingIsRejectedAndNotEchoed() {
        for (String binding : List.of("ü".repeat(129), "ü" + "x".repeat(255))) { // more than 256 bytes
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> first.tryIssue(issueRequest(user).setSessionBinding(binding)),
                    () -> first.verify(verifyRequest(user, "123456").setSessionBinding(binding)))) {
                assertThat(StatusAssert.invalidField("session_binding", call).toString())
                        .doesNotContain("ü");
            }
        }
        first.issue(issueRequest(user).setSessionBinding("ü : {} ".repeat(32)));
    }

    @Test
    void keyOfAnotherTypeIsRejectedAndNothingIsCounted() {
        redis.set("otp:" + user, "text", SetParams.setParams().px(60_000));
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> first.verify(verifyRequest(user, "123456")), () -> first.tryIssue(issueRequest(user)))) {
            assertThat(StatusAssert.detail(StatusAssert.rejectedByRedis(call), ErrorInfo.class)
                            .getMetadataMap())
                    .containsEntry("redis_error", "WRONGTYPE");
        }
        assertThat(redis.exists(OtpGuard.key(user))).isFalse();
    }

    private void failAttempts(int times) {
        attemptsLeft(times, verifyRequest(user, "000000"));
    }

    /** Sends an invalid request to the servers in turn. Returns the attempts left after each. */
    private List<Integer> attemptsLeft(int times, VerifyOtpRequest.Builder invalid) {
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            VerifyOtpResponse response = server(i).verify(invalid);
            assertThat(response.getResult()).isEqualTo(RESULT_INVALID);
            left.add(response.getAttemptsLeft());
        }
        return left;
    }

    private void assertInvalid(VerifyOtpRequest.Builder... requests) {
        for (VerifyOtpRequest.Builder request : requests) {
            assertThat(second.result(request)).as(request.toString()).isEqualTo(RESULT_INVALID);
        }
    }

    private static void assertSameTime(Timestamp one, Timestamp other) {
        assertThat(Timestamps.toMillis(one)).isCloseTo(Timestamps.toMillis(other), within(2L));
    }

    /** Locks the user as attempts on other codes do, while a code is active. */
    private void lock() {
        guard().set("own_hour", 10);
        guard().set("own_hour_at", redisMicros() / 1_000);
    }

    /** Moves the begin of the hour of failed attempts into the past, so that the hour ends. */
    private void endTheHour() {
        moveGuardTime("hour_at", -3_600_001);
        moveGuardTime("own_hour_at", -3_600_001);
        forgetEstimates();
    }
}
