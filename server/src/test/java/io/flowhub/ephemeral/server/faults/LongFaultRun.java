package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.faults.FaultRun.Hit;
import io.flowhub.ephemeral.server.fixture.FakeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/** The program of {@code bench/faults}: random faults, alone and in pairs, for some minutes. */
final class LongFaultRun {

    private static final int FAULTS_PER_ROUND = 12;

    /** For all servers and streams to agree, at the end of a round. */
    private static final Duration SETTLES = Duration.ofSeconds(30);

    private final Random random;
    private final Path histories;
    private final FaultTable table = new FaultTable();
    private final Deque<Fault> next = new ArrayDeque<>();

    /** Takes minutes, a seed, and the file to which histories with violations are written. */
    public static void main(String[] arguments) throws IOException {
        if (!FakeClock.isInstalled()) {
            System.err.println("bench/faults needs libfaketime, which sets the clocks of processes (Debian: faketime)");
            System.exit(2);
        }
        Path histories = Path.of(arguments[2]);
        Files.deleteIfExists(histories);
        Duration length = Duration.ofMinutes(Long.parseLong(arguments[0]));
        int violations = new LongFaultRun(Long.parseLong(arguments[1]), histories).run(length);
        System.exit(violations == 0 ? 0 : 1);
    }

    private LongFaultRun(long seed, Path histories) {
        this.random = new Random(seed);
        this.histories = histories;
    }

    private int run(Duration length) throws IOException {
        int violations = 0;
        long begin = System.nanoTime();
        try (FaultEnvironment environment = FaultEnvironment.startWithClocks(Workload.settings())) {
            Runtime.getRuntime().addShutdownHook(new Thread(environment::close)); // also when it is interrupted
            while (System.nanoTime() - begin < length.toNanos()) {
                violations += write(round(environment, begin + length.toNanos()));
            }
        } catch (AssertionError e) {
            violations += write(List.of(String.valueOf(e.getMessage())));
        }
        System.out.println();
        System.out.println(table);
        System.out.println("Violations: " + violations);
        return violations;
    }

    /** Appends them to the file at once: a long run may be interrupted. */
    private int write(List<String> violations) throws IOException {
        if (!violations.isEmpty()) {
            Files.write(histories, violations, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            System.out.println("  The histories are in " + histories.toAbsolutePath());
        }
        return violations.size();
    }

    private List<String> round(FaultEnvironment environment, long endNanos) {
        try (Workload workload = Workload.start(environment.targets())) {
            FaultRun run = new FaultRun(environment, workload);
            for (int i = 0; i < FAULTS_PER_ROUND && System.nanoTime() < endNanos; i++) {
                Duration length = Duration.ofMillis(300 + random.nextInt(random.nextInt(4) == 0 ? 10_000 : 3_000));
                Hit first = hit(draw());
                Hit second = hit(draw());
                if (i % 3 > 0 || first.fault().part == second.fault().part) {
                    next.push(second.fault());
                    print(length, first);
                    run.one(first, length);
                } else {
                    print(length, first, second);
                    run.overlapping(first, second, length);
                }
            }
            workload.settle(SETTLES);
            table.add(workload.availability());
            List<String> violations = workload.violations();
            System.out.printf("  %s; violations: %d%n", workload.summary(), violations.size());
            return violations;
        }
    }

    /** Every fault is drawn as often as any other. */
    private Fault draw() {
        if (next.isEmpty()) {
            List<Fault> all = new ArrayList<>(Arrays.asList(Fault.values()));
            Collections.shuffle(all, random);
            next.addAll(all);
        }
        return next.pop();
    }

    private Hit hit(Fault fault) {
        return new Hit(fault, random.nextInt(2));
    }

    private void print(Duration length, Hit... hits) {
        System.out.printf("  %5d ms %s%n", length.toMillis(), Arrays.toString(hits));
        for (Hit hit : hits) {
            table.injected(hit.fault());
        }
    }
}
