package io.flowhub.ephemeral.server.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * What one input may cost on the thread that reads it. Counted by the JVM for this thread alone, so that another process
 * changes nothing.
 */
final class InputBounds {

    private static final long MAX_CPU_NANOS = 2_000_000_000L;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** The first input that takes a path pays for the classes on it, so only an input that costs too much twice fails. */
    static void read(FuzzTarget target, byte[] input) throws Exception {
        try {
            readOnce(target, input);
        } catch (TooMuch first) {
            readOnce(target, input);
        }
    }

    private static void readOnce(FuzzTarget target, byte[] input) throws Exception {
        long cpu = THREADS.getCurrentThreadCpuTime();
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        target.read(input);
        require("nanoseconds of CPU", THREADS.getCurrentThreadCpuTime() - cpu, MAX_CPU_NANOS);
        require("allocated bytes", THREADS.getCurrentThreadAllocatedBytes() - allocated, target.maxAllocatedBytes());
    }

    private static void require(String what, long value, long max) {
        if (value > max) {
            throw new TooMuch(value + " " + what + " for one input (expected: at most " + max + ")");
        }
    }

    private static final class TooMuch extends AssertionError {

        private static final long serialVersionUID = 1;

        TooMuch(String message) {
            super(message);
        }
    }

    private InputBounds() {}
}
