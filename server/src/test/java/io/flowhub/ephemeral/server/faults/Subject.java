package io.flowhub.ephemeral.server.faults;

/**
 * One short-lived object, such as the login token of one user, that concurrent clients use.
 *
 * @param <S> the state of the object in a sequential model
 */
abstract class Subject<S> {

    final History<S> history = new History<>();

    private final S initial;

    Subject(S initial) {
        this.initial = initial;
    }

    /** One client does one thing. Runs on several threads at once. */
    abstract void act(Client client);

    S initial() {
        return initial;
    }
}
