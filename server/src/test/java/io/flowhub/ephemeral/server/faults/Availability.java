package io.flowhub.ephemeral.server.faults;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** The time without a successful call, per kind of RPC and fault. Thread-safe. */
final class Availability {

    private final Map<String, Long> lastSuccess = new TreeMap<>();
    private final Map<String, Map<String, Duration>> longest = new LinkedHashMap<>();
    private String fault = "none";
    private long since = System.nanoTime();

    /** A fault begins here; what is measured from here to the next mark counts for it. */
    synchronized void mark(String begins) {
        long now = System.nanoTime();
        lastSuccess.keySet().forEach(rpc -> measure(rpc, now));
        fault = begins;
        since = now;
    }

    synchronized void succeeded(String rpc) {
        long now = System.nanoTime();
        measure(rpc, now);
        lastSuccess.put(rpc, now);
    }

    private void measure(String rpc, long now) {
        Long last = lastSuccess.get(rpc);
        if (last != null) {
            Duration without = Duration.ofNanos(now - Math.max(last, since));
            longest.computeIfAbsent(fault, any -> new TreeMap<>())
                    .merge(rpc, without, (a, b) -> a.compareTo(b) > 0 ? a : b);
        }
    }

    /** Of each marked fault, the longest time without a success of some kind of RPC. */
    synchronized Map<String, Duration> longestWithoutService() {
        mark(fault);
        Map<String, Duration> result = new LinkedHashMap<>();
        longest.forEach((name, perRpc) -> result.put(
                name, perRpc.values().stream().max(Duration::compareTo).orElse(Duration.ZERO)));
        return result;
    }

    /** The same per kind of RPC. */
    synchronized Map<String, Map<String, Duration>> longestPerRpc() {
        mark(fault);
        Map<String, Map<String, Duration>> result = new LinkedHashMap<>();
        longest.forEach((name, perRpc) -> result.put(name, Map.copyOf(perRpc)));
        return result;
    }
}
