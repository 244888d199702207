package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.YamlProblem;

/** Bounds the memory of the rules: an alias that repeats a part of a few lines makes millions of rules by mistake. */
final class ElementBound {

    static final int MAX_ELEMENTS = 100_000;

    /** As many entries as a descriptor of a request may have: a rule that is nested deeper matches none. */
    static final int MAX_DEPTH = 32;

    private int taken;

    /** Counts a descriptor, or a value of metadata, at its depth. */
    void take(String name, int depth, int line) {
        if (depth > MAX_DEPTH) {
            throw new YamlProblem(
                    name + ": nested " + depth + " levels deep (expected: at most " + MAX_DEPTH + ")", line);
        }
        if (taken == MAX_ELEMENTS) {
            throw new YamlProblem(
                    name + ": one of more than " + MAX_ELEMENTS
                            + " descriptors and values in all files (expected: fewer; an alias counts whenever it is used)",
                    line);
        }
        taken++;
    }
}
