package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;

/** Codes on two servers, with as many issues as a test needs. */
abstract class OtpSuite extends TwoServersSuite {

    OtpServiceBlockingStub first;
    OtpServiceBlockingStub second;
    String user;

    private MonitorTap monitor;

    OtpSuite() {
        super(OtpCalls.ROOMY);
    }

    @BeforeParameterizedClassInvocation
    void tap() {
        monitor = MonitorTap.of(topology);
    }

    @AfterParameterizedClassInvocation
    void untap() {
        monitor.close();
    }

    @BeforeEach
    void freshUser() {
        first = OtpCalls.on(servers.first()); // with a deadline of its own
        second = OtpCalls.on(servers.second());
        user = UniqueIds.next();
    }

    /** One of the two servers, in turn. */
    OtpServiceBlockingStub server(int i) {
        return i % 2 == 0 ? first : second;
    }

    /** Asks one of the two servers until it answers: on a busy machine Redis may be late. Counts once all the same. */
    VerifyOtpResponse verify(int i, VerifyOtpRequest request) {
        VerifyOtpRequest once = request.getRequestId().isEmpty()
                ? request.toBuilder().setRequestId(UniqueIds.next()).build()
                : request;
        return Retry.untilAvailable(Duration.ofSeconds(40), () -> server(i).verifyOtp(once));
    }

    int failuresOfTheHour() {
        return Integer.parseInt(redis.hget(OtpCalls.guard(user), "hour"));
    }

    int failuresOfTheDay() {
        return Integer.parseInt(redis.hget(OtpCalls.guard(user), "day"));
    }

    /** Lets the hour of failures end. */
    void hourPasses() {
        redis.hincrBy(OtpCalls.guard(user), "hour_at", -3_600_001);
    }

    /** The commands that Redis runs about this user during the action, including those within scripts. */
    List<String> commands(String about, Runnable action) {
        return MonitorTap.namesOf(monitor.during(action::run), about);
    }

    long redisMillis() {
        AtomicLong millis = new AtomicLong();
        topology.forEachMaster(master -> {
            List<String> time = master.time();
            millis.set(Long.parseLong(time.get(0)) * 1000 + Long.parseLong(time.get(1)) / 1000);
        });
        return millis.get();
    }
}
