package io.flowhub.ephemeral.server.faults;

import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;

/** A stream of states, by id of a user or room, with {@code stale} and {@code resynced} events. */
abstract class StateWatch<Q, R, V> extends WatchedStream<Q, R> {

    private final String name;
    private final Findings findings;
    private final Map<String, V> states = new TreeMap<>();
    private boolean stale;

    StateWatch(
            ManagedChannel server, MethodDescriptor<Q, R> rpc, ScheduledExecutorService scheduler, Findings findings) {
        super(server, rpc, scheduler);
        this.name = rpc.getBareMethodName() + " of " + server.authority();
        this.findings = findings;
    }

    @Override
    void opened() {
        states.clear();
        stale = false;
    }

    void becomesStale() {
        if (stale) {
            violated("a second stale without resynced");
        }
        stale = true;
    }

    void isResynced() {
        if (!stale) {
            violated("resynced without stale");
        }
        stale = false;
    }

    void put(String id, V state) {
        states.put(id, state);
    }

    synchronized Map<String, V> states() {
        return Map.copyOf(states);
    }

    synchronized boolean isStale() {
        return stale;
    }

    void violated(String rule) {
        findings.add(name + ": " + rule);
    }

    @Override
    public String toString() {
        return name;
    }
}
