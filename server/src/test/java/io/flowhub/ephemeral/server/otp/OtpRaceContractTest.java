package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otpValidKey;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_INVALID;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_VALID;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract of one-time passwords under concurrent calls to two servers. */
@Tag("contract")
@OnSingleAndCluster
class OtpRaceContractTest extends OtpSuite {

    OtpRaceContractTest() {
        super(OtpCalls.MANY_ISSUES);
    }

    @Test
    void exactlyFiveOf64ConcurrentWrongCodesAreChecked() throws Exception {
        IssuedOtp issued = issueWithRetry(user);
        String challenge = issued.getChallengeId();
        List<VerifyOtpResponse> responses =
                Concurrently.run(64, i -> verify(i, wrong(issued).setChallengeId(challenge)));
        assertThat(failedAttemptsOfTheHourWithTheChallenge()).isEqualTo(5);
        assertThat(responses).extracting(VerifyOtpResponse::getResult).containsOnly(RESULT_INVALID);
        assertThat(responses)
                .extracting(VerifyOtpResponse::getAttemptsLeft)
                .filteredOn(left -> left > 0)
                .containsExactlyInAnyOrder(4, 3, 2, 1);
        assertThat(verify(0, right(issued).setChallengeId(challenge)).getResult())
                .isEqualTo(RESULT_INVALID);
        assertThat(redis.exists(otpValidKey(user))).isFalse();
    }

    @Test
    void exactlyTenOf1280WrongCodesAreChecked() throws Exception {
        IssuedOtp issued = issueWithRetry(user);
        List<Integer> attemptsLeft = Concurrently.run(64, i -> {
            int sum = 0;
            for (int call = 0; call < 20; call++) {
                VerifyOtpResponse response = verify(i + call, wrong(issued));
                assertThat(response.getResult()).isEqualTo(RESULT_INVALID);
                sum += response.getAttemptsLeft();
            }
            return sum;
        });
        assertThat(failedAttemptsOfTheHour()).isEqualTo(10);
        assertThat(failedAttemptsOfTheDay()).isEqualTo(10);
        assertThat(attemptsLeft.stream().mapToInt(Integer::intValue).sum())
                .as("4 3 2 1 0 twice, and 0 for each code that was not checked")
                .isEqualTo(20);
        assertThat(verify(1, right(issued)).getResult()).isEqualTo(RESULT_INVALID);
        assertThat(verify(1, rightOfTheOwner(issued)).getResult()).isEqualTo(RESULT_VALID);
    }

    @Test
    void concurrentReissuesDoNotRaiseTheLimitOfAttempts() throws Exception {
        List<Integer> issued = Concurrently.run(64, i -> {
            int codes = 0;
            for (int call = 0; call < 5; call++) {
                OtpCalls server = server(i + call);
                codes += retry(() -> server.tryIssue(issueRequest(user))).hasIssued() ? 1 : 0;
                verify(i + call + 1, verifyRequest(user, "000000"));
            }
            return codes;
        });
        assertThat(failedAttemptsOfTheHour()).isEqualTo(10);
        assertThat(issued).as("callers that issued a code").anyMatch(codes -> codes > 0);
    }

    @Test
    void exactlyOneOf48ConcurrentRightCodesIsValid() throws Exception {
        for (int round = 0; round < 50; round++) {
            String racer = UniqueIds.next();
            String code = issueWithRetry(racer).getCode();
            List<VerifyOtpResponse> responses = Concurrently.run(48, i -> verify(i, verifyRequest(racer, code)));
            assertThat(responses)
                    .filteredOn(VerifyOtpResponse::getResult, RESULT_VALID)
                    .as("round " + round)
                    .hasSize(1);
            if (responses.stream()
                    .anyMatch(VerifyOtpResponse::hasExpireTime)) { // otherwise the response of the winner was lost
                assertThat(redis.get(otpValidKey(racer))).isEqualTo("1");
            }
        }
    }

    @Test
    void all48ConcurrentRetriesGetTheSameResult() throws Exception {
        assertThat(Set.copyOf(Concurrently.run(
                        48, i -> verify(i, verifyRequest(user, "000000").setRequestId("r")))))
                .hasSize(1);
        assertThat(verify(0, verifyRequest(user, "000000")).getAttemptsLeft())
                .as("the retries counted once")
                .isEqualTo(3);
        IssuedOtp issued = issueWithRetry(user);
        assertThat(Concurrently.run(48, i -> verify(i, right(issued).setRequestId("r"))))
                .extracting(VerifyOtpResponse::getResult)
                .containsOnly(RESULT_VALID);
    }

    @Test
    void all48ConcurrentRetriesOfAnIssueGetOneChallengeAndOneCodeIsValid() throws Exception {
        List<IssuedOtp> issued = Concurrently.run(
                48, i -> retry(() -> server(i).issue(issueRequest(user).setRequestId("r"))));
        assertThat(issued)
                .extracting(IssuedOtp::getChallengeId)
                .containsOnly(issued.get(0).getChallengeId());
        assertThat(issues()).isEqualTo(1);
        int valid = 0;
        for (String code : issued.stream().map(IssuedOtp::getCode).distinct().toList()) {
            for (String count : List.of("hour", "day", "attempts", "guesses")) {
                guard().set(count, 0);
            }
            valid += verify(0, verifyRequest(user, code)).getResult() == RESULT_VALID ? 1 : 0;
        }
        assertThat(valid).isEqualTo(1);
    }

    @Test
    @Tag("fault")
    void everyKeyExpiresAlthoughAServerIsKilledUnderLoad() throws Exception {
        AtomicInteger users = new AtomicInteger(); // each has three keys at least
        try (ServerProcess server = ServerProcess.start(topology.yaml() + OtpCalls.MANY_ISSUES)) {
            OtpCalls otp = new OtpCalls(server.channel());
            var unused = Concurrently.run(17, runner -> {
                if (runner == 0) {
                    Eventually.within(Duration.ofSeconds(30), "500 new keys", () -> users.get() * 3 > 500);
                    server.handle().destroyForcibly();
                } else {
                    issueAndVerifyUntilTheServerIsKilled(otp, users);
                }
                return runner;
            });
        }
        topology.assertAllExpire();
    }

    private static void issueAndVerifyUntilTheServerIsKilled(OtpCalls otp, AtomicInteger users) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                String user = UniqueIds.next();
                IssuedOtp issued = otp.issue(issueRequest(user).setRequestId("i"));
                otp.verify(verifyRequest(user, "000000"));
                otp.verify(verifyRequest(user, issued.getCode()).setRequestId("v"));
                users.incrementAndGet();
            }
        } catch (StatusRuntimeException e) {
            // The server was killed.
        }
    }

    /** Retries until a server responds: on a busy machine Redis may time out. */
    private static <T> T retry(Supplier<T> call) {
        return Retry.untilAvailable(Duration.ofSeconds(40), call);
    }

    private IssuedOtp issueWithRetry(String id) {
        return retry(() -> first.issue(id));
    }

    /** Calls one of the servers until it responds. The request id makes the call count once. */
    private VerifyOtpResponse verify(int i, VerifyOtpRequest.Builder request) {
        if (request.getRequestId().isEmpty()) {
            request.setRequestId(UniqueIds.next());
        }
        return retry(() -> server(i).verify(request));
    }
}
