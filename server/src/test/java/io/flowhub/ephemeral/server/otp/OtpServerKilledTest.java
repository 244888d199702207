package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (ServerProcess server = ServerProcess.start(topology.yaml() + OtpCalls.MANY_ISSUES)) {
            OtpCalls otp = new OtpCalls(server.channel());
            for (int i = 0; i < THREADS; i++) {
                var unused = threads.submit(() -> load(otp));
            }
            long before = keys(topology);
            Eventually.within(Duration.ofSeconds(30), "500 new keys", () -> keys(topology) > before + 500);
            server.kill();
            topology.assertAllExpire();
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
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
