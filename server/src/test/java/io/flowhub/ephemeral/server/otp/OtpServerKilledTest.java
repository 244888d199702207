package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("fault")
class OtpServerKilledTest {

    private static final int THREADS = 16;

    @ParameterizedTest
    @EnumSource(names = {"SINGLE", "CLUSTER"})
    void everyKeyExpiresAlthoughTheServerIsKilledUnderLoad(Topology topology) throws Exception {
        try (ServerProcess server = ServerProcess.start(topology.yaml() + OtpCalls.MANY_ISSUES)) {
            long before = keys(topology);
            var unused = Concurrently.run(1 + THREADS, runner -> {
                if (runner > 0) {
                    load(new OtpCalls(server.channel()));
                } else {
                    Eventually.within(Duration.ofSeconds(30), "500 new keys", () -> keys(topology) > before + 500);
                    server.handle().destroyForcibly();
                }
                return runner;
            });
            topology.assertAllExpire();
        }
    }

    private static void load(OtpCalls otp) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                String user = UniqueIds.next();
                IssuedOtp issued = otp.issue(issueRequest(user).setRequestId("i"));
                otp.verify(verifyRequest(user, "000000"));
                otp.verify(verifyRequest(user, issued.getCode()).setRequestId("v"));
            }
        } catch (StatusRuntimeException e) {
            // The server was killed.
        }
    }

    private static long keys(Topology topology) {
        AtomicLong keys = new AtomicLong();
        topology.forEachMaster(master -> keys.addAndGet(master.dbSize()));
        return keys.get();
    }
}
