package io.flowhub.ephemeral.server.otp;

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
        return (int) guard().get("hour");
    }

    int failedAttemptsOfTheDay() {
        return (int) guard().get("day");
    }

    int failedAttemptsOfTheHourWithTheChallenge() {
        return (int) guard().get("own_hour");
    }

    int failedAttemptsOfTheDayWithTheChallenge() {
        return (int) guard().get("own_day");
    }

    int issues() {
        return (int) guard().get("issues");
    }

    OtpGuard guard() {
        return new OtpGuard(redis, user);
    }

    /** Moves a time of the guard, as if time had passed, or as a clock that is set back leaves it. */
    void moveGuardTime(String field, long millis) {
        guard().set(field, guard().get(field) + millis);
    }
}
