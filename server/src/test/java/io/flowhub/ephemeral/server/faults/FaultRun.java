package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.Unchecked;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Injects faults while a workload uses the servers, and marks for its availability what happens. */
record FaultRun(FaultEnvironment environment, Workload workload) {

    /** After the end of a fault, both servers are ready within this time; a busy machine needs most of it. */
    static final Duration SERVICE_IS_BACK = Duration.ofSeconds(10);

    /** After a fault and before the next one, in which every kind of RPC succeeds. */
    private static final Duration QUIET = Duration.ofMillis(500);

    /** A fault and which of the servers it hits. */
    record Hit(Fault fault, int server) {}

    /** What is measured while the fault lasts. */
    static String during(Fault fault) {
        return fault.name();
    }

    /** What is measured from the end of the fault until the next one. */
    static String after(Fault fault) {
        return fault.name() + ", after";
    }

    void one(Hit hit, Duration length) {
        begin(during(hit.fault()), List.of(hit));
        Runnable end = hit.fault().inject(environment, hit.server());
        sleep(length);
        end.run();
        end(after(hit.fault()), List.of(hit));
    }

    /** The second one begins, and the first one ends, when this part of the length is over. */
    void overlapping(Hit first, Hit second, Duration length) {
        List<Hit> both = List.of(first, second);
        begin("two faults at a time", both);
        Runnable endFirst = first.fault().inject(environment, first.server());
        sleep(length.dividedBy(2));
        Runnable endSecond = second.fault().inject(environment, second.server());
        sleep(length.dividedBy(2));
        endFirst.run();
        sleep(length.dividedBy(2));
        endSecond.run();
        end("two faults at a time, after", both);
    }

    private void begin(String mark, List<Hit> hits) {
        workload.availability().mark(mark);
        if (hits.stream().anyMatch(hit -> hit.fault().losesData())) {
            workload.stateMayBeLost();
        }
    }

    private void end(String mark, List<Hit> hits) {
        workload.availability().mark(mark);
        try {
            environment.awaitService(SERVICE_IS_BACK);
        } catch (AssertionError e) {
            throw new AssertionError("after " + hits + ": " + e.getMessage(), e);
        }
        if (hits.stream().anyMatch(hit -> hit.fault().losesData())) {
            workload.stateIsKept();
        }
        sleep(QUIET);
        workload.availability().mark("no fault");
    }

    private static void sleep(Duration length) {
        Unchecked.call(() -> {
            TimeUnit.MILLISECONDS.sleep(length.toMillis());
            return null;
        });
    }
}
