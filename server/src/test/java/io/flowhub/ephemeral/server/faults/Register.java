package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.ConsumeSessionFlagResponse;
import java.util.List;
import java.util.Optional;

/** The sequential model of a session flag or a feature flag: a value or none. */
record Register(Optional<String> value) {

    static final Register EMPTY = new Register(Optional.empty());

    static List<Register> set(String value) {
        return List.of(new Register(Optional.of(value)));
    }

    boolean get(Optional<String> response) {
        return value.equals(response);
    }

    List<Register> clear(Optional<Boolean> cleared) {
        return cleared.isEmpty() || cleared.get() == value.isPresent() ? List.of(EMPTY) : List.of();
    }

    /** @param expected the value to consume; empty means any */
    List<Register> consume(Optional<String> expected, Optional<ConsumeSessionFlagResponse> response) {
        boolean wins = value.isPresent() && (expected.isEmpty() || expected.equals(value));
        String consumed = wins ? value.get() : "";
        boolean isRight = response.isEmpty()
                || (response.get().getConsumed() == wins
                        && response.get().getValue().equals(consumed));
        if (!isRight) {
            return List.of();
        }
        return List.of(wins ? EMPTY : this);
    }
}
