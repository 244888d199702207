package io.flowhub.ephemeral.server.redis;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the Redis thread does with a batch of 32 checks, beside sending it: the time of one call. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BatchBenchmark {

    private static final int CALLS = 32;

    private final Script script = Script.load("ratelimit/check_fixed_window");
    private final int width = script.header().returns().min();
    private final Traffic traffic = new Traffic();
    private final ScriptMetrics metrics = new ScriptMetrics();
    private final List<Operation<Long>> operations = operations();
    private final List<PendingCall<?>> calls = calls();
    private final List<Object> values = Collections.nCopies(CALLS * width, 1_234L);

    private List<Operation<Long>> operations() {
        List<Operation<Long>> list = new ArrayList<>();
        for (int user = 0; user < CALLS; user++) {
            list.add(new Operation<>(
                    script,
                    Collections.nCopies(script.header().keys().min(), "rate:user-" + user + ":login_attempts"),
                    Collections.nCopies(script.header().args().min(), "5 60000 1"),
                    reply -> reply.number(0)));
        }
        return list;
    }

    private List<PendingCall<?>> calls() {
        List<PendingCall<?>> list = new ArrayList<>(CALLS);
        for (Operation<Long> operation : operations) {
            list.add(new PendingCall<>(operation, () -> false));
        }
        return list;
    }

    /** The keys and arguments of one script call. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public Object buildBatch() {
        return new BatchCall(script, calls, Namespace.PLAIN, traffic, metrics);
    }

    /** A pending call for each operation, completed by its part of the reply. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public Object splitReply() {
        List<PendingCall<?>> pending = calls();
        for (int i = 0; i < CALLS; i++) {
            pending.get(i).complete(new Reply(values, i * width, width));
        }
        return pending;
    }
}
