package io.flowhub.ephemeral.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralClientBuilder;
import io.flowhub.ephemeral.client.fixture.StaticNames;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;

@Tag("image")
class TestEphemeralTest {

    private static final int CALLERS = 4;
    private static final int EXIT_STATUS_OF_SIGTERM = 143;

    private static TestEphemeral ephemeral;

    @BeforeAll
    static void start() {
        ephemeral = TestEphemeral.start(Map.of("EPHEMERAL_SERVER_DRAIN_DELAY", "1s"));
    }

    @AfterAll
    static void end() {
        ephemeral.close();
    }

    @Test
    void aTestGetsAServerThatKeepsItsStateInRedis() {
        try (EphemeralClient client = ephemeral.connect()) {
            List<Boolean> allowed = IntStream.range(0, 6)
                    .mapToObj(i -> client.rateLimits()
                            .withDeadlineAfter(Duration.ofSeconds(10))
                            .checkRate(checkRate("alice", "login_attempts"))
                            .getAllowed())
                    .toList();
            assertThat(allowed).containsExactly(true, true, true, true, true, false);
            assertThat(client.presence()
                            .heartbeat(HeartbeatRequest.newBuilder()
                                    .setUserId("alice")
                                    .build())
                            .getCameOnline())
                    .isTrue();
            String code = client.otp()
                    .issueOtp(IssueOtpRequest.newBuilder().setUserId("alice").build())
                    .getIssued()
                    .getCode();
            assertThat(client.otp()
                            .verifyOtp(VerifyOtpRequest.newBuilder()
                                    .setUserId("alice")
                                    .setCode(code)
                                    .build())
                            .getResult())
                    .isEqualTo(VerifyOtpResponse.Result.RESULT_VALID);
        }
        assertThat(ephemeral.logs()).contains("Serving").doesNotContain("ERROR");
    }

    /** As in a rolling update: one of two servers gets SIGTERM while it is under load. */
    @Test
    void noCallFailsWhenOneOfTwoServersStopsUnderLoad() throws Exception {
        try (GenericContainer<?> stopping = ephemeral.newServer(Map.of())) {
            stopping.start();
            try (StaticNames names = StaticNames.register(port(ephemeral.server()), port(stopping));
                    EphemeralClient client = patientClient(names)) {
                Load load = new Load(client);
                load.awaitFurther(1_000);
                stopping.getDockerClient()
                        .stopContainerCmd(stopping.getContainerId())
                        .withTimeout(30)
                        .exec();
                load.awaitFurther(1_000);
                load.end();

                assertThat(load.failures).isEmpty();
                assertThat(stopping.getCurrentContainerInfo().getState().getExitCodeLong())
                        .isEqualTo(EXIT_STATUS_OF_SIGTERM);
                assertThat(stopping.getLogs()).contains("Shutting down").doesNotContain("did not finish");
            }
        }
    }

    private static EphemeralClient patientClient(StaticNames names) {
        EphemeralClientBuilder builder = EphemeralClient.builder(names.target()).plaintext();
        return builder.deadline(Duration.ofSeconds(20)).build();
    }

    private static int port(GenericContainer<?> server) {
        return Integer.parseInt(TestEphemeral.target(server).replaceAll(".*:", ""));
    }

    private static CheckRateRequest checkRate(String user, String action) {
        return CheckRateRequest.newBuilder()
                .setUserId(user)
                .setAction(action)
                .setRequestId(UUID.randomUUID().toString())
                .build();
    }

    /**
     * Calls, each for another user, one after the other in each thread: of an RPC that the client retries, and that does not
     * give way on a busy machine.
     */
    private static final class Load {

        private final ConcurrentLinkedQueue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        private final AtomicInteger calls = new AtomicInteger();
        private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        private volatile boolean ended;

        Load(EphemeralClient client) {
            for (int i = 0; i < CALLERS; i++) {
                callers.execute(() -> {
                    while (!ended) {
                        try {
                            client.sessions()
                                    .setSessionFlag(SetSessionFlagRequest.newBuilder()
                                            .setUserId("load-" + calls.incrementAndGet())
                                            .setFlag("f")
                                            .setValue("v")
                                            .build());
                        } catch (RuntimeException e) {
                            failures.add(e);
                        }
                    }
                });
            }
        }

        void awaitFurther(int count) throws InterruptedException {
            int target = calls.get() + count;
            while (calls.get() < target) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }

        void end() throws InterruptedException {
            ended = true;
            callers.shutdown();
            assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }
}
