package io.flowhub.ephemeral.server.faults;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The time without service, per kind of RPC and fault: from the start of the first call that failed to the next success, on
 * any server. Thread-safe.
 */
final class MeasuredAvailability {

    private final Map<String, Long> lastSuccess = new TreeMap<>();
    private final Map<String, Long> failingSince = new TreeMap<>();
    private final Map<String, Map<String, Duration>> longest = new LinkedHashMap<>();
    private String fault = "none";
    private long since = System.nanoTime();

    /** A fault begins here; what is measured from here to the next mark counts for it. */
    synchronized void mark(String begins) {
        long now = System.nanoTime();
        failingSince.forEach((rpc, failing) -> measure(rpc, failing, now));
        fault = begins;
        since = now;
    }

    synchronized void succeeded(String rpc) {
        long now = System.nanoTime();
        Long failing = failingSince.remove(rpc);
        measure(rpc, failing == null ? now : failing, now);
        lastSuccess.put(rpc, now);
    }

    /** @param start when the call was sent */
    synchronized void failed(String rpc, long start) {
        failingSince.putIfAbsent(rpc, Math.max(start, lastSuccess.getOrDefault(rpc, start)));
    }

    private void measure(String rpc, long from, long to) {
        Duration without = Duration.ofNanos(to - Math.max(from, since));
        longest.computeIfAbsent(fault, any -> new TreeMap<>())
                .merge(rpc, without.isNegative() ? Duration.ZERO : without, (a, b) -> a.compareTo(b) > 0 ? a : b);
    }

    /** The longest time without service, per marked fault and kind of RPC. */
    synchronized Map<String, Map<String, Duration>> longestPerRpc() {
        mark(fault);
        Map<String, Map<String, Duration>> result = new LinkedHashMap<>();
        longest.forEach((name, perRpc) -> result.put(name, Map.copyOf(perRpc)));
        return result;
    }
}
