package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.guardKey;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;

import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import org.junit.jupiter.api.BeforeEach;

/** A suite of one-time passwords on two servers, with one user in each test. */
abstract class OtpSuite extends TwoServersSuite {

    OtpCalls first;
    OtpCalls second;
    String user;

    OtpSuite(String settings) {
        super(settings);
    }

    @BeforeEach
    void newUser() {
        first = new OtpCalls(servers.first());
        second = new OtpCalls(servers.second());
        user = UniqueIds.next();
        forgetEstimates(); // users of earlier tests may share the entry of this one
    }

    void forgetEstimates() {
        topology.forEachMaster(master -> master.keys("otp:failures:*").forEach(master::del));
    }

    /** Alternates between the two servers. */
    OtpCalls server(int i) {
        return i % 2 == 0 ? first : second;
    }

    VerifyOtpRequest.Builder right(IssuedOtp issued) {
        return verifyRequest(user, issued.getCode());
    }

    /** With the challenge id, as the caller that requested the code sends it. */
    VerifyOtpRequest.Builder rightOfTheOwner(IssuedOtp issued) {
        return right(issued).setChallengeId(issued.getChallengeId());
    }

    VerifyOtpRequest.Builder wrongOfTheOwner(IssuedOtp issued) {
        return wrong(issued).setChallengeId(issued.getChallengeId());
    }

    VerifyOtpRequest.Builder wrong(IssuedOtp issued) {
        return verifyRequest(user, otherCode(issued.getCode()));
    }

    int failedAttemptsOfTheHour() {
        return guard("hour");
    }

    int failedAttemptsOfTheDay() {
        return guard("day");
    }

    int failedAttemptsOfTheHourWithTheChallenge() {
        return guard("own_hour");
    }

    int failedAttemptsOfTheDayWithTheChallenge() {
        return guard("own_day");
    }

    int issues() {
        return guard("issues");
    }

    private int guard(String field) {
        return Integer.parseInt(redis.hget(guardKey(user), field));
    }
}
