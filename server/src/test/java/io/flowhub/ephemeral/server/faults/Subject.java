package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;

/**
 * One short-lived object, such as the login token of one user, that concurrent clients use.
 *
 * @param <S> the state of the object in a sequential model
 */
abstract class Subject<S> {

    /** Nothing that the model knows expires within this time. */
    private static final Duration LONGEST_USE = Duration.ofSeconds(15);

    final String id = UniqueIds.next();
    final History<S> history = new History<>();

    private final S initial;
    private final long begin = System.nanoTime();

    Subject(S initial) {
        this.initial = initial;
    }

    /** One client does one thing. Runs on several threads at once. */
    abstract void act(Client client);

    long begin() {
        return begin;
    }

    boolean isUsedUp() {
        return history.isFull() || System.nanoTime() - begin > LONGEST_USE.toNanos();
    }

    /** Whether the calls fit the contract, if state may be lost from this time on. */
    Linearization.Verdict check(long lostAt) {
        return Linearization.search(initial, history.callsBefore(lostAt));
    }
}
