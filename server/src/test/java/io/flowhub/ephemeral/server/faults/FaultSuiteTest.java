package io.flowhub.ephemeral.server.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.faults.FaultRun.Hit;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A short form of {@code bench/faults}: each fault that needs no more than Redis, once. */
@Tag("fault")
class FaultSuiteTest {

    @Test
    void everyFaultKeepsWhatTheServersPromiseAndServiceReturns() {
        try (FaultEnvironment environment = FaultEnvironment.start(Workload.settings());
                Workload workload = Workload.start(environment.targets())) {
            FaultRun run = new FaultRun(environment, workload);
            int server = 0;
            for (Fault fault : Fault.values()) {
                if (!fault.needsClocks()) {
                    run.one(new Hit(fault, server), Duration.ofMillis(900));
                    server = 1 - server;
                }
            }
            workload.settle(Duration.ofSeconds(20));

            assertThat(workload.violations()).as(workload.summary()).isEmpty();
        }
    }
}
