package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.guardKey;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;

import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import org.junit.jupiter.api.BeforeEach;
import redis.clients.jedis.params.SetParams;

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

    /** A value of the guard, 0 if it is left out. */
    int guard(String name) {
        return (int) OtpCalls.guardValue(redis.get(guardKey(user)), name);
    }

    /** Moves a time of the guard, as if time had passed, or as a clock that is set back leaves it. */
    void moveGuardTime(String name, long millis) {
        setGuard(name, OtpCalls.guardValue(redis.get(guardKey(user)), name) + millis);
    }

    void setGuard(String name, long value) {
        String others = redis.get(guardKey(user)).replaceAll("\\b" + name + "=\\S*", "");
        redis.set(guardKey(user), others + " " + name + "=" + value, new SetParams().keepTtl());
    }
}
