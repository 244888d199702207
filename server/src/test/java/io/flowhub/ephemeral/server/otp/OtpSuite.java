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

/** A suite of one-time passwords on two servers, with as many issues as a test needs. */
abstract class OtpSuite extends TwoServersSuite {

    OtpServiceBlockingStub first;
    OtpServiceBlockingStub second;
    String user;

    private MonitorTap monitor;

    OtpSuite() {
        super(OtpCalls.MANY_ISSUES);
    }

    @BeforeParameterizedClassInvocation
    void startMonitor() {
        monitor = MonitorTap.of(topology);
    }

    @AfterParameterizedClassInvocation
    void stopMonitor() {
        monitor.close();
    }

    @BeforeEach
    void newUser() {
        first = OtpCalls.on(servers.first()); // per test, because the deadline of a stub starts here
        second = OtpCalls.on(servers.second());
        user = UniqueIds.next();
    }

    /** Alternates between the two servers. */
    OtpServiceBlockingStub server(int i) {
        return i % 2 == 0 ? first : second;
    }

    /** Retries until a server responds: on a busy machine Redis may time out. The request id makes it count once. */
    VerifyOtpResponse verify(int i, VerifyOtpRequest request) {
        VerifyOtpRequest withId = request.getRequestId().isEmpty()
                ? request.toBuilder().setRequestId(UniqueIds.next()).build()
                : request;
        return Retry.untilAvailable(Duration.ofSeconds(40), () -> server(i).verifyOtp(withId));
    }

    int failedAttemptsOfTheHour() {
        return Integer.parseInt(redis.hget(OtpCalls.guardKey(user), "hour"));
    }

    int failedAttemptsOfTheDay() {
        return Integer.parseInt(redis.hget(OtpCalls.guardKey(user), "day"));
    }

    /** Moves the begin of the hour of failed attempts into the past, so that the hour ends. */
    void endTheHour() {
        redis.hincrBy(OtpCalls.guardKey(user), "hour_at", -3_600_001);
    }

    /** The commands that name this user during the action, including those within scripts. */
    List<String> commands(String id, Runnable action) {
        return MonitorTap.namesOf(monitor.during(action::run), id);
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
