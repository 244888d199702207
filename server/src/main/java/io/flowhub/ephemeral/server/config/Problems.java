package io.flowhub.ephemeral.server.config;

import java.util.ArrayList;
import java.util.List;

/** Everything that is wrong with a configuration, in the order found. No problem repeats a secret. */
public final class Problems {

    private final List<String> problems = new ArrayList<>();

    public void add(String problem) {
        problems.add(problem);
    }

    /** Fails with all of them, if there are any. */
    public void throwIfAny() throws ConfigException {
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }
}
