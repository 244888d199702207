package io.flowhub.ephemeral.server.faults;

import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Per fault, how often it was injected, and the longest time without service per kind of RPC. */
final class FaultTable {

    private final Map<Fault, Integer> injected = new EnumMap<>(Fault.class);
    private final Map<String, Map<String, Duration>> longest = new LinkedHashMap<>();

    void injected(Fault fault) {
        injected.merge(fault, 1, Integer::sum);
    }

    void add(MeasuredAvailability availability) {
        availability
                .longestPerRpc()
                .forEach((mark, perRpc) ->
                        perRpc.forEach((rpc, time) -> longest.computeIfAbsent(mark, any -> new TreeMap<>())
                                .merge(rpc.replaceFirst("^.*/", ""), time, (a, b) -> a.compareTo(b) > 0 ? a : b)));
    }

    /** Two tables in Markdown: the shortest and longest of all kinds of RPC, and each kind. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("| Fault | Times | While it lasts | After it |\n|---|---|---|---|\n");
        injected.forEach((fault, times) -> text.append("| %s: %s | %d | %s | %s |\n"
                .formatted(
                        fault, fault.description, times, range(FaultRun.during(fault)), range(FaultRun.after(fault)))));
        TreeSet<String> rpcs = longest.values().stream()
                .flatMap(perRpc -> perRpc.keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        text.append("\n| Seconds without service | ")
                .append(String.join(" | ", rpcs))
                .append(" |\n|---");
        text.append("|---".repeat(rpcs.size())).append("|\n");
        longest.forEach((mark, perRpc) -> text.append("| ")
                .append(mark)
                .append(rpcs.stream()
                        .map(rpc -> perRpc.containsKey(rpc) ? seconds(perRpc.get(rpc)) : "")
                        .collect(Collectors.joining(" | ", " | ", " |\n"))));
        return text.toString();
    }

    /** From the kind of RPC that was least affected to the one that was most. */
    private String range(String mark) {
        var times =
                longest.getOrDefault(mark, Map.of()).values().stream().sorted().toList();
        return times.isEmpty() ? "" : seconds(times.get(0)) + " to " + seconds(times.get(times.size() - 1)) + " s";
    }

    private static String seconds(Duration time) {
        return "%.1f".formatted(time.toMillis() / 1000.0);
    }
}
