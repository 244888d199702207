package io.flowhub.ephemeral.server.faults;

import java.util.ArrayList;
import java.util.List;

/** What contradicts the contract. Keeps the first ones: later ones often follow from them. Thread-safe. */
final class Findings {

    private static final int MOST = 20;

    private final List<String> violations = new ArrayList<>();
    private int dropped;

    synchronized void add(String violation) {
        if (violations.size() < MOST) {
            violations.add(violation);
        } else {
            dropped++;
        }
    }

    synchronized List<String> all() {
        List<String> all = new ArrayList<>(violations);
        if (dropped > 0) {
            all.add(dropped + " more");
        }
        return all;
    }
}
