package io.flowhub.ephemeral.bench.load;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of the load generator. Prints a line of {@code key=value} for each measurement. */
@Command(
        name = "Load",
        sortOptions = false,
        showDefaultValues = true,
        description = "Measures calls: as many as possible with a fixed number in flight, or at a fixed rate.")
public final class Load implements Callable<Integer> {

    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final double OPEN_WARM_UP = 0.25; // of the length of a measurement
    private static final int PREPARE_ATTEMPTS = 5;

    @Parameters(index = "0", description = "Port of the server; for redis-incr, of Redis.")
    private int port;

    @Parameters(index = "1", split = ",", description = "Methods to measure, one after the other in each round.")
    private List<String> methods = List.of();

    @Option(names = "--ids", split = ",", description = "Number of ids; a measurement for each number.")
    private List<Integer> ids = List.of(10_000);

    @Option(names = "--rounds", description = "How often everything is measured.")
    private int rounds = 1;

    @Option(names = "--connections", description = "Number of connections.")
    private int connections = 8;

    @Option(names = "--in-flight", description = "Calls in flight on each connection, without --rate.")
    private int inFlight = 32;

    @Option(names = "--calls", description = "Number of calls, without --rate.")
    private long calls = 400_000;

    @Option(names = "--rate", split = ",", description = "Calls per second on all connections; a measurement for each.")
    private List<Double> rates = List.of();

    @Option(names = "--seconds", description = "Length of a measurement with --rate.")
    private double seconds = 5;

    @Option(names = "--warm-up", description = "Calls with --in-flight before each measurement.")
    private long warmUp = 50_000;

    @Option(names = "--prefix", description = "Of the ids; the number of the round follows, then the number of the id.")
    private String prefix = "u";

    @Option(names = "--plain-ids", description = "The ids are the numbers from 0, in each round.")
    private boolean plainIds;

    @Option(names = "--server", description = "Process id of the server, to print its CPU time per call.")
    private long server;

    @Option(names = "--redis", description = "Process id of Redis, to print its CPU time per call.")
    private long redis;

    @Option(names = "--tolerate-failures", description = "Status 0 although calls failed.")
    private boolean tolerateFailures;

    public static void main(String[] args) {
        System.exit(
                new CommandLine(new Load()).setOverwrittenOptionsAllowed(true).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        long failed = 0;
        for (int round = 1; round <= rounds; round++) {
            for (int count : ids) {
                for (Double rate : rates.isEmpty() ? Collections.<@Nullable Double>singletonList(null) : rates) {
                    for (String method : methods) {
                        failed += measure(method, count, round, rate);
                    }
                }
            }
        }
        return failed == 0 || tolerateFailures ? OK : FAILED;
    }

    /** Returns the number of failed calls. */
    private long measure(String name, int count, int round, @Nullable Double rate) throws IOException {
        String ofRound = plainIds ? "" : prefix + round + "-";
        LoadMethod preparation = LoadMethods.preparation(name, count, ofRound);
        if (preparation != null) {
            prepare(preparation);
        }
        LoadMethod method = LoadMethods.of(name, count, ofRound);
        Messages messages = Messages.random(method.messages(), round);
        try (LoadLoop loop = new LoadLoop(port, method, connections)) {
            loop.run(new ClosedLoop(loop.connections(), messages, inFlight, warmUp));
            if (rate != null) {
                loop.run(new OpenLoop(loop.connections(), messages, rate, Math.round(rate * seconds * OPEN_WARM_UP)));
            }
            ProcessCpu serverBefore = ProcessCpu.of(server);
            ProcessCpu redisBefore = ProcessCpu.of(redis);
            Figures figures = loop.run(
                    rate == null
                            ? new ClosedLoop(loop.connections(), messages, inFlight, calls)
                            : new OpenLoop(loop.connections(), messages, rate, Math.round(rate * seconds)));
            System.out.println("method=%s ids=%d round=%d rate=%s %s%s%s"
                    .formatted(
                            name,
                            count,
                            round,
                            rate == null ? "max" : "%.0f".formatted(rate),
                            figures,
                            ProcessCpu.of(server).perCallSince(serverBefore, "server", figures.calls()),
                            ProcessCpu.of(redis).perCallSince(redisBefore, "redis", figures.calls())));
            return figures.outcomes().failed();
        }
    }

    /** Calls the method once for each id, and again if the server was busy with compiling its code. */
    private void prepare(LoadMethod preparation) throws IOException {
        byte[][] messages = preparation.messages();
        String failures = "";
        for (int attempt = 0; attempt < PREPARE_ATTEMPTS; attempt++) {
            try (LoadLoop loop = new LoadLoop(port, preparation, connections)) {
                Outcomes outcomes = loop.run(new ClosedLoop(
                                loop.connections(), Messages.inOrder(messages), inFlight, messages.length))
                        .outcomes();
                if (outcomes.failed() == 0) {
                    return;
                }
                failures = outcomes.failures();
            }
        }
        throw new IllegalStateException("the calls that prepare the measurement failed: " + failures);
    }
}
